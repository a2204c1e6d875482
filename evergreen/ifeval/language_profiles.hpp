// What the language detector knows: how often 1-, 2- and 3-grams occur in each language.
//
// The file is data/language_profiles.txt (format in its maker, tools/make_language_profiles.py).
// Memory    about 10 MB, read at first use (some 20 ms).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace evergreen::ifeval {

// Up to three code points in one number: 21 bits each, the last one lowest.
using GramKey = uint64_t;
inline GramKey append_to_gram(GramKey gram, char32_t code) {
  return (gram << 21 | code) & ((GramKey{1} << 63) - 1);
}

class LanguageProfiles {
 public:
  struct Share {
    uint32_t language;
    double probability;  // of this gram among the language's grams of its length
  };

  // Error{input} with the line for a text in another form; `where` is what errors name.
  LanguageProfiles(std::string_view file, const std::string& where);
  static const LanguageProfiles& built_in();

  const std::vector<std::string>& languages() const { return languages_; }
  // The number of the gram, or -1 where no language has it.
  int32_t find(GramKey gram) const;
  std::span<const Share> shares(int32_t gram) const;

  // langdetect's normalisations: see language_text.cpp.
  bool is_latin1_space(char32_t code) const { return latin1_spaces_.find(code) != latin1_spaces_.npos; }
  char32_t kanji(char32_t code) const;
  char32_t vietnamese(char32_t letter, char32_t mark) const;  // 0 where the two do not join

 private:
  std::vector<std::string> languages_;
  std::vector<GramKey> slots_;  // open addressing, 0: free
  std::vector<int32_t> slot_numbers_;
  std::vector<uint32_t> first_share_;  // of each gram; one more at the end
  std::vector<Share> shares_;
  std::u32string latin1_spaces_, vietnamese_letters_;
  std::unordered_map<char32_t, std::u32string> vietnamese_marks_;
  std::unordered_map<char32_t, char32_t> kanji_;
};

}  // namespace evergreen::ifeval
