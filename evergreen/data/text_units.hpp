// Words, lines and paragraphs of a text, as filters, MinHash and decontamination count them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace evergreen {

// What stands between white space (ASCII's, U+0085, U+00A0, U+2000 to U+200A, U+3000).
void split_words(std::string_view text, std::vector<std::string_view>& words);

// Between line feeds; blank ones are left out, white space at the ends too.
void split_lines(std::string_view text, std::vector<std::string_view>& lines);

// Between blank lines.
void split_paragraphs(std::string_view text, std::vector<std::string_view>& paragraphs);

std::string_view trimmed(std::string_view text);

// A hash of every word, lower-cased and without punctuation; words of punctuation alone are left out. In scripts that do
// without spaces (Han, kana, Thai ...) each character is a word.
void hash_words(std::string_view text, std::vector<uint64_t>& hashes);

bool is_letter(char32_t code);  // general category L

uint64_t mix_bits(uint64_t x);

// Hashes of runs of consecutive words: of(i, n) is that of words [i, i + n).
class NgramHashes {
 public:
  void assign(const std::vector<uint64_t>& words);
  uint64_t of(size_t first, size_t n) const;
  size_t words() const { return prefix_.size() - 1; }

 private:
  std::vector<uint64_t> prefix_ = {0}, powers_ = {1};  // powers_ only grows
};

}  // namespace evergreen
