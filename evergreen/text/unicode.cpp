#include "evergreen/text/unicode.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "evergreen/text/unicode_tables.hpp"

namespace evergreen {
namespace {

using unicode::Category;
using unicode::CodeRange;

bool in_ranges(std::span<const CodeRange> ranges, char32_t code) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                      [](char32_t c, const CodeRange& range) { return c < range.first; });
  return after != ranges.begin() && code <= (after - 1)->last;
}

uint8_t class_of(Category category) {
  switch (category) {
    case Category::Lu:
    case Category::Ll:
    case Category::Lt:
    case Category::Lm:
    case Category::Lo:
      return CharTable::kLetter;
    case Category::Nd:
    case Category::Nl:
    case Category::No:
      return CharTable::kNumber;
    default:
      return CharTable::kOther;
  }
}

std::unique_ptr<CharTable> make_char_table() {
  auto table = std::make_unique<CharTable>();
  const auto& starts = unicode::kCategories;
  for (size_t i = 0; i < starts.size() && starts[i].first < CharTable::kEnd; ++i) {
    const uint32_t end =
        i + 1 < starts.size() ? std::min<uint32_t>(starts[i + 1].first, CharTable::kEnd) : CharTable::kEnd;
    std::memset(table->flags + starts[i].first, class_of(starts[i].category), end - starts[i].first);
  }
  const auto for_each = [&](std::span<const CodeRange> ranges, auto body) {
    for (const CodeRange& range : ranges) {
      for (uint32_t code = range.first; code <= range.last; ++code) body(table->flags[code]);
    }
  };
  for_each(unicode::kWhiteSpace, [](uint8_t& flags) { flags = CharTable::kSpace; });
  table->flags[static_cast<int>('\n')] = table->flags[static_cast<int>('\r')] = CharTable::kNewline;
  for_each(unicode::kNfcActive, [](uint8_t& flags) { flags |= CharTable::kNfcActive; });
  for_each(unicode::kNfkcActive, [](uint8_t& flags) { flags |= CharTable::kNfkcActive; });
  for_each(unicode::kNumeric, [](uint8_t& flags) { flags |= CharTable::kNumeric; });
  return table;
}

}  // namespace

bool is_white_space(char32_t code) { return in_ranges(unicode::kWhiteSpace, code); }
bool is_word_character(char32_t code) { return in_ranges(unicode::kWord, code); }
bool is_python_space(char32_t code) { return is_white_space(code) || (code >= 0x1C && code <= 0x1F); }
bool is_numeric(char32_t code) { return in_ranges(unicode::kNumeric, code); }
bool is_punctuation(char32_t code) { return in_ranges(unicode::kPunctuation, code); }
bool is_accent(char32_t code) { return in_ranges(unicode::kAccents, code); }

const CharTable& char_table() {
  static const std::unique_ptr<CharTable> table = make_char_table();
  return *table;
}

}  // namespace evergreen
