#include "evergreen/text/code_set.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace evergreen {
namespace {

using unicode::Category;
using unicode::CodeRange;

constexpr std::string_view kCategoryNames[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl",
                                               "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc",
                                               "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"};

// "L" and "Lu".
bool names_category(std::string_view name, Category category) {
  const std::string_view full = kCategoryNames[static_cast<size_t>(category)];
  return name == full || (name.size() == 1 && name[0] == full[0]);
}

CodeSet category_set(std::string_view name) {
  std::vector<CodeRange> ranges;
  const auto& starts = unicode::kCategories;
  for (size_t i = 0; i < starts.size(); ++i) {
    if (!names_category(name, starts[i].category)) continue;
    const uint32_t last = (i + 1 < starts.size() ? starts[i + 1].first : 0x110000) - 1;
    if (!ranges.empty() && ranges.back().last + 1 == starts[i].first) {
      ranges.back().last = last;
    } else {
      ranges.push_back({starts[i].first, last});
    }
  }
  return CodeSet(ranges);
}

}  // namespace

CodeSet CodeSet::complement() const {
  CodeSet rest;
  uint32_t next = 0;
  const auto add = [&](uint32_t first, uint32_t last) {
    if (first <= last && first < 0x110000) rest.ranges_.push_back({first, last});
  };
  const auto add_without_surrogates = [&](uint32_t first, uint32_t end) {
    if (first < 0xD800) add(first, std::min<uint32_t>(end, 0xD800) - 1);
    add(std::max<uint32_t>(first, 0xE000), end - 1);
  };
  for (const CodeRange& range : ranges_) {
    if (range.first > next) add_without_surrogates(next, range.first);
    next = range.last + 1;
  }
  if (next < 0x110000) add_without_surrogates(next, 0x110000);
  return rest;
}

std::string CodeSet::as_class() const {
  std::string text;
  for (CodeRange range : ranges_) {  // PCRE2 takes no surrogate as an end of a range
    if (range.first >= 0xD800 && range.first < 0xE000) range.first = 0xE000;
    if (range.last >= 0xD800 && range.last < 0xE000) range.last = 0xD7FF;
    if (range.first > range.last) continue;
    text += fmt::format("\\x{{{:x}}}", range.first);
    if (range.last > range.first) text += fmt::format("-\\x{{{:x}}}", range.last);
  }
  return text;
}

std::optional<CodeSet> property_set(std::string_view name) {
  static constexpr std::string_view kGroups = "LMNPSZC";
  if (name.size() == 1 && kGroups.find(name[0]) != std::string_view::npos) return category_set(name);
  if (std::find(std::begin(kCategoryNames), std::end(kCategoryNames), name) != std::end(kCategoryNames))
    return category_set(name);
  if (name == "Alphabetic") return CodeSet(unicode::kAlphabetic);
  if (name == "White_Space") return CodeSet(unicode::kWhiteSpace);
  if (name == "Han") return CodeSet(unicode::kHan);
  if (name == "Hiragana") return CodeSet(unicode::kHiragana);
  if (name == "Katakana") return CodeSet(unicode::kKatakana);
  if (name == "Hangul") return CodeSet(unicode::kHangul);
  return std::nullopt;
}

const CodeSet& white_space_set() {
  static const CodeSet set(unicode::kWhiteSpace);
  return set;
}

const CodeSet& pattern_word_set() {
  static const CodeSet set(unicode::kPatternWord);
  return set;
}

const CodeSet& decimal_digit_set() {
  static const CodeSet set = category_set("Nd");
  return set;
}

}  // namespace evergreen
