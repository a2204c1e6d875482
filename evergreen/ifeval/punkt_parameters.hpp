// What the Punkt sentence tokenizer knows of a language: abbreviations, words that often begin sentences, pairs of words
// around a period that is none, and how words are written where.
//
// Source    Kiss and Strunk (2006), Computational Linguistics 32, 485-525; the orthographic context, section 4.1.1, as
//           NLTK keeps it: bits for upper and lower case at the beginning of a sentence, inside, and where that is not known.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "evergreen/base/file.hpp"
#include "evergreen/ifeval/text_map.hpp"

namespace evergreen::ifeval {

namespace ortho {
inline constexpr uint8_t kBeginUpper = 2, kInsideUpper = 4, kUnknownUpper = 8;
inline constexpr uint8_t kBeginLower = 16, kInsideLower = 32, kUnknownLower = 64;
inline constexpr uint8_t kUpper = kBeginUpper | kInsideUpper | kUnknownUpper;
inline constexpr uint8_t kLower = kBeginLower | kInsideLower | kUnknownLower;
}  // namespace ortho

struct PunktParameters {
  TextSet abbreviations;      // lower case, without the last period: "mr", "u.s"
  TextSet sentence_starters;  // lower case
  TextSet collocations;       // "first\tsecond", types
  TextMap<uint8_t> contexts;  // type -> bits of ortho

  uint8_t context(std::string_view type) const;
  bool is_collocation(std::string_view first, std::string_view second) const;
};

// The English parameters of the library; data/PROVENANCE.md says how they were made.
const PunktParameters& english_punkt();

// Parameters as NLTK's data package punkt_tab holds them for a language: a folder with abbrev_types.txt,
// collocations.tab, ortho_context.tab and sent_starters.txt. Error{io} or Error{input} with file and line.
PunktParameters read_punkt_tab(const fs::path& folder);

// The library's own form: sections "[abbreviations]", "[sentence starters]", "[collocations]" (first, tab, second) and
// "[contexts]" (bits, space, words), empty lines and "#" comments between. `where` is what errors name.
PunktParameters parse_punkt(std::string_view text, const std::string& where);
std::string format_punkt(const PunktParameters& parameters);

}  // namespace evergreen::ifeval
