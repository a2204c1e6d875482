// A text made ready for the language detector: what says nothing of a language is taken out, and characters that
// are many of one kind stand for each other.
//
// Source    the behaviour of langdetect 1.0.9 (Detector.append, cleaning_text, NGram).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/ifeval/language_profiles.hpp"

namespace evergreen::ifeval {

// Web and mail addresses out, Vietnamese letters joined with their marks, runs of spaces to one, at most 10,000
// characters; Latin letters out of a text that is mostly of another script.
std::u32string clean_language_text(std::string_view text, const LanguageProfiles& profiles);

// The 1-, 2- and 3-grams that the profiles know, in the order of the text, each as often as it occurs.
std::vector<int32_t> language_grams(std::u32string_view clean_text, const LanguageProfiles& profiles);

}  // namespace evergreen::ifeval
