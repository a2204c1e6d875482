#include "evergreen/text/code_set.hpp"

#include <algorithm>
#include <map>

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

CodeSet CodeSet::without(const CodeSet& other) const {
  CodeSet rest;
  size_t at = 0;
  for (CodeRange range : ranges_) {
    while (at < other.ranges_.size() && other.ranges_[at].last < range.first) ++at;
    for (size_t i = at; i < other.ranges_.size() && other.ranges_[i].first <= range.last; ++i) {
      const CodeRange& cut = other.ranges_[i];
      if (cut.first > range.first) rest.ranges_.push_back({range.first, cut.first - 1});
      range.first = cut.last + 1;
    }
    if (range.first <= range.last) rest.ranges_.push_back(range);
  }
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

std::optional<NamedSet> property_set(std::string_view name) {
  static const std::map<std::string_view, NamedSet> known = [] {
    std::map<std::string_view, NamedSet> all;
    static constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
        {"L", "\\p{L}"}, {"M", "\\p{M}"}, {"N", "\\p{N}"}, {"P", "\\p{P}"},
        {"S", "\\p{S}"}, {"Z", "\\p{Z}"}, {"C", "\\p{C}"}};
    for (const auto& [group, nearest] : kGroups) all[group] = {category_set(group), nearest};
    for (const std::string_view category : kCategoryNames) all[category] = {category_set(category), {}};
    all["Lu"].nearest = "\\p{Lu}";
    all["Ll"].nearest = "\\p{Ll}";
    all["Lo"].nearest = "\\p{Lo}";
    all["Mn"].nearest = "\\p{Mn}";
    all["Alphabetic"] = {CodeSet(unicode::kAlphabetic), "\\p{Alphabetic}"};
    all["White_Space"] = white_space_set();
    all["Han"] = {CodeSet(unicode::kHan), {}};
    all["Hiragana"] = {CodeSet(unicode::kHiragana), {}};
    all["Katakana"] = {CodeSet(unicode::kKatakana), {}};
    all["Hangul"] = {CodeSet(unicode::kHangul), {}};
    return all;
  }();
  const auto found = known.find(name);
  return found == known.end() ? std::nullopt : std::optional(found->second);
}

const NamedSet& white_space_set() {
  static const NamedSet set{CodeSet(unicode::kWhiteSpace), {}};
  return set;
}

const NamedSet& pattern_word_set(bool in_class) {
  static constexpr std::string_view kNearest = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
  static const NamedSet alone{CodeSet(unicode::kPatternWord), kNearest};
  static const NamedSet inside{CodeSet(unicode::kPatternWordInClass), kNearest};
  return in_class ? inside : alone;
}

const NamedSet& decimal_digit_set() {
  static const NamedSet set{category_set("Nd"), {}};
  return set;
}

}  // namespace evergreen
