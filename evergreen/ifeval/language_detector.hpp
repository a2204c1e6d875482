// The language of a text, by naive Bayes over its 1-, 2- and 3-grams.
//
// Seven trials; in each, grams drawn at random from the text update P(language) until one language has more than
// 0.99999 (or 1000 draws); the trials are averaged. langdetect draws anew at every call; here the seed is fixed and the
// draws are Python's, so that detect(text, {seed}) gives what langdetect gives with DetectorFactory.seed = seed.
// Source    S. Nakatani, "Language Detection Library for Java" (2010); the behaviour of langdetect 1.0.9.
// Numbers   float64, in langdetect's order of operations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/ifeval/language_profiles.hpp"

namespace evergreen::ifeval {

struct LanguageProbability {
  std::string language;  // ISO 639-1; "zh-cn", "zh-tw"
  double probability = 0;
};

// Languages of more than 0.1, the likeliest first. Empty where the text has no gram that any profile knows (langdetect
// raises LangDetectException) and where no language has more than 0.1; `undetectable` tells the two apart.
struct LanguageGuess {
  std::vector<LanguageProbability> languages;
  bool undetectable = false;

  // What langdetect.detect() returns; "unknown" where no language is likely.
  std::string best() const { return languages.empty() ? "unknown" : languages.front().language; }
};

LanguageGuess guess_language(std::string_view text, uint32_t seed = 0,
                             const LanguageProfiles& profiles = LanguageProfiles::built_in());

}  // namespace evergreen::ifeval
