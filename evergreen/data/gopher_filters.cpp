#include "evergreen/data/gopher_filters.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <unordered_set>

#include "evergreen/base/hash.hpp"
#include "evergreen/data/text_units.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr std::array<std::string_view, 8> kStopWords = {"the", "be",   "to",   "of",
                                                        "and", "that", "have", "with"};
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";  // U+2026
constexpr std::array<std::string_view, 8> kBullets = {
    "\xE2\x80\xA2", "\xE2\x80\xA3", "\xE2\x97\xA6", "\xE2\x96\xAA", "\xE2\x97\x8F", "\xC2\xB7", "*", "-"};

bool has_letter(std::string_view word) {
  for (size_t at = 0; at < word.size();) {
    const auto c = static_cast<unsigned char>(word[at]);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
    if (c < 0x80) {
      ++at;
      continue;
    }
    const Utf8Char u = decode_utf8(word, at);
    if (is_letter(u.code)) return true;
    at += u.bytes;
  }
  return false;
}

bool ends_in_ellipsis(std::string_view line) { return line.ends_with("...") || line.ends_with(kEllipsis); }

bool begins_with_bullet(std::string_view line) {
  return std::any_of(kBullets.begin(), kBullets.end(),
                     [&](std::string_view b) { return line.starts_with(b); });
}

int64_t count_of(std::string_view text, std::string_view what) {
  int64_t count = 0;
  for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

// As a word is compared with stop words: without punctuation at its ends, lower-case.
int stop_words_in(const std::vector<std::string_view>& words) {
  std::array<bool, kStopWords.size()> seen{};
  const auto is_alphanumeric = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
  };
  for (std::string_view word : words) {
    while (!word.empty() && !is_alphanumeric(word.front())) word.remove_prefix(1);
    while (!word.empty() && !is_alphanumeric(word.back())) word.remove_suffix(1);
    if (word.size() < 2 || word.size() > 4) continue;
    std::array<char, 4> lower{};
    std::transform(word.begin(), word.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (size_t i = 0; i < kStopWords.size(); ++i)
      seen[i] = seen[i] || kStopWords[i] == std::string_view(lower.data(), word.size());
  }
  return static_cast<int>(std::count(seen.begin(), seen.end(), true));
}

// Fills `slots` (the slot of the n-gram at each word) and `counts` (how often the slot's n-gram occurs).
void count_ngrams(const NgramHashes& ngrams, size_t n, size_t count, std::vector<uint64_t>& table,
                  std::vector<uint32_t>& slots, std::vector<uint32_t>& counts) {
  const size_t size = std::bit_ceil(2 * count + 1);
  table.assign(size, 0);
  counts.assign(size, 0);
  slots.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t hash = ngrams.of(i, n) | 1;  // 0 is a free slot
    size_t slot = hash >> 20 & (size - 1);
    while (table[slot] != 0 && table[slot] != hash) slot = (slot + 1) & (size - 1);
    table[slot] = hash;
    ++counts[slot];
    slots[i] = static_cast<uint32_t>(slot);
  }
}

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

Drop GopherFilters::quality(std::string_view text, const GopherQuality& limits) {
  split_words(text, words_);
  const auto words = static_cast<int64_t>(words_.size());
  if (words < limits.min_words || words > limits.max_words) return Drop::gopher_words;
  double characters = 0, with_letter = 0;
  for (const std::string_view word : words_) {
    characters += static_cast<double>(count_code_points(word));
    with_letter += has_letter(word) ? 1 : 0;
  }
  const auto total = static_cast<double>(words);
  const double length = characters / total;
  if (length < limits.min_word_length || length > limits.max_word_length) return Drop::gopher_word_length;
  const auto hashes = static_cast<double>(count_of(text, "#"));
  const auto ellipses = static_cast<double>(count_of(text, "...") + count_of(text, kEllipsis));
  if (std::max(hashes, ellipses) / total > limits.max_symbols_per_word) return Drop::gopher_symbols;
  split_lines(text, units_);
  const auto lines = static_cast<double>(units_.size());
  const auto bullets = static_cast<double>(std::count_if(units_.begin(), units_.end(), begins_with_bullet));
  if (share(bullets, lines) > limits.max_bullet_lines) return Drop::gopher_bullets;
  const auto open_lines = static_cast<double>(std::count_if(units_.begin(), units_.end(), ends_in_ellipsis));
  if (share(open_lines, lines) > limits.max_ellipsis_lines) return Drop::gopher_ellipsis_lines;
  if (with_letter / total < limits.min_words_with_letter) return Drop::gopher_alphabetic;
  if (stop_words_in(words_) < limits.min_stop_words) return Drop::gopher_stop_words;
  return Drop::none;
}

GopherFilters::Share GopherFilters::duplicates(const std::vector<std::string_view>& units) {
  std::unordered_set<std::string_view> seen;
  double repeated = 0, repeated_characters = 0, characters = 0;
  for (const std::string_view unit : units) {
    const auto length = static_cast<double>(count_code_points(unit));
    characters += length;
    if (seen.insert(unit).second) continue;
    repeated += 1;
    repeated_characters += length;
  }
  return {share(repeated, static_cast<double>(units.size())), share(repeated_characters, characters)};
}

void GopherFilters::load_words(std::string_view text) {
  split_words(text, words_);
  hashes_.clear();
  characters_.assign(1, 0);
  for (const std::string_view word : words_) {
    hashes_.push_back(hash_text(word).low);
    characters_.push_back(characters_.back() + static_cast<int64_t>(count_code_points(word)));
  }
  ngrams_.assign(hashes_);
}

double GopherFilters::top_ngram(size_t n) {
  if (words_.size() < n) return 0;
  const size_t count = words_.size() - n + 1;
  count_ngrams(ngrams_, n, count, table_, slots_, counts_);
  int64_t most = 0;
  for (size_t i = 0; i < count; ++i) {
    const auto times = static_cast<int64_t>(counts_[slots_[i]]);
    if (times > 1) most = std::max(most, times * (characters_[i + n] - characters_[i]));
  }
  return share(static_cast<double>(most), static_cast<double>(characters_.back()));
}

double GopherFilters::repeated_ngrams(size_t n) {
  if (words_.size() < n) return 0;
  const size_t count = words_.size() - n + 1;
  count_ngrams(ngrams_, n, count, table_, slots_, counts_);
  int64_t repeated = 0;
  size_t covered = 0;  // words before it are counted: overlapping n-grams share theirs
  for (size_t i = 0; i < count; ++i) {
    if (counts_[slots_[i]] < 2) continue;
    const size_t from = std::max(covered, i);
    repeated += characters_[i + n] - characters_[from];
    covered = i + n;
  }
  return share(static_cast<double>(repeated), static_cast<double>(characters_.back()));
}

Drop GopherFilters::repetition(std::string_view text, const GopherRepetition& limits) {
  split_lines(text, units_);
  const Share lines = duplicates(units_);
  if (lines.by_number > limits.lines || lines.by_characters > limits.line_characters)
    return Drop::gopher_repeated_lines;
  split_paragraphs(text, units_);
  const Share paragraphs = duplicates(units_);
  if (paragraphs.by_number > limits.paragraphs || paragraphs.by_characters > limits.paragraph_characters)
    return Drop::gopher_repeated_paragraphs;
  load_words(text);
  if (top_ngram(2) > limits.top_2gram || top_ngram(3) > limits.top_3gram || top_ngram(4) > limits.top_4gram)
    return Drop::gopher_top_ngrams;
  for (size_t n = 5; n <= 10; ++n) {
    if (repeated_ngrams(n) > limits.repeated_5gram - 0.01 * static_cast<double>(n - 5))
      return Drop::gopher_repeated_ngrams;
  }
  return Drop::none;
}

}  // namespace evergreen
