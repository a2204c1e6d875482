#include "evergreen/ifeval/language_profiles.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/embedded_data.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = char_at(text, at);
    out += c.code;
    at += c.bytes;
  }
  return out;
}

struct Entry {
  GramKey gram;
  LanguageProfiles::Share share;
};

// One line of the file.
struct Fields {
  std::vector<std::string_view> parts;
  std::string where;

  std::string_view text(size_t i) const {
    if (i >= parts.size()) throw Error(ErrorKind::input, "the line has too few fields", where);
    return parts[i];
  }
  uint64_t number(size_t i) const {
    const std::string_view t = text(i);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
    if (error != std::errc{} || end != t.data() + t.size()) {
      throw Error(ErrorKind::input, fmt::format("'{}' is not a whole number", t), where);
    }
    return value;
  }
};

void add_grams(std::vector<Entry>& entries, const Fields& line, uint32_t language,
               const std::array<uint64_t, 3>& totals) {
  const uint64_t n = line.number(0);
  if (n < 1 || n > 3) throw Error(ErrorKind::input, "an n-gram has 1 to 3 characters", line.where);
  const double probability = static_cast<double>(line.number(1)) / static_cast<double>(totals[n - 1]);
  const std::u32string grams = code_points(line.text(2));
  if (grams.size() % n != 0) throw Error(ErrorKind::input, "the line ends inside of an n-gram", line.where);
  for (size_t i = 0; i < grams.size(); i += n) {
    GramKey key = 0;
    for (size_t j = i; j < i + n; ++j) key = append_to_gram(key, grams[j]);
    entries.push_back({key, {language, probability}});
  }
}

size_t slot_of(GramKey gram, size_t slots) {
  return static_cast<size_t>((gram * 0x9E3779B97F4A7C15ULL) >> 40) & (slots - 1);
}

}  // namespace

LanguageProfiles::LanguageProfiles(std::string_view file, const std::string& where) {
  std::vector<Entry> entries;
  std::array<uint64_t, 3> totals{};
  size_t number = 0;
  for (const std::string_view line : split(file, "\n")) {
    ++number;
    if (line.empty() || line.starts_with("# ")) continue;
    const Fields fields{split(line, "\t"), fmt::format("{}, line {}", where, number)};
    const std::string_view kind = fields.text(0);
    if (kind == "latin1") {
      latin1_spaces_ = code_points(fields.text(1));
    } else if (kind == "kanji") {
      const std::u32string group = code_points(fields.text(1));
      for (const char32_t c : group) kanji_[c] = group.front();
    } else if (kind == "vietnamese") {
      if (vietnamese_letters_.empty())
        vietnamese_letters_ = code_points(fields.text(1));
      else
        vietnamese_marks_[code_points(fields.text(1)).at(0)] = code_points(fields.text(2));
    } else if (kind == "language") {
      languages_.emplace_back(fields.text(1));
      for (size_t n = 0; n < 3; ++n) totals[n] = fields.number(2 + n);
    } else {
      if (languages_.empty()) throw Error(ErrorKind::input, "n-grams of no language", fields.where);
      add_grams(entries, fields, static_cast<uint32_t>(languages_.size() - 1), totals);
    }
  }
  if (languages_.size() < 2)
    throw Error(ErrorKind::input, "profiles of two languages or more are needed", where);
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.gram < b.gram; });
  slots_.assign(std::bit_ceil(entries.size() * 2), 0);
  slot_numbers_.assign(slots_.size(), -1);
  for (size_t i = 0; i < entries.size(); ++i) {
    if (i == 0 || entries[i].gram != entries[i - 1].gram) {
      size_t slot = slot_of(entries[i].gram, slots_.size());
      while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = entries[i].gram;
      slot_numbers_[slot] = static_cast<int32_t>(first_share_.size());
      first_share_.push_back(static_cast<uint32_t>(i));
    }
    shares_.push_back(entries[i].share);
  }
  first_share_.push_back(static_cast<uint32_t>(shares_.size()));
}

const LanguageProfiles& LanguageProfiles::built_in() {
  static const LanguageProfiles profiles(language_profiles_file(), "the library's language_profiles.txt");
  return profiles;
}

int32_t LanguageProfiles::find(GramKey gram) const {
  for (size_t slot = slot_of(gram, slots_.size()); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot] == gram) return slot_numbers_[slot];
  }
  return -1;
}

std::span<const LanguageProfiles::Share> LanguageProfiles::shares(int32_t gram) const {
  const auto i = static_cast<size_t>(gram);
  return {shares_.data() + first_share_[i], shares_.data() + first_share_[i + 1]};
}

char32_t LanguageProfiles::kanji(char32_t code) const {
  const auto found = kanji_.find(code);
  return found == kanji_.end() ? code : found->second;
}

char32_t LanguageProfiles::vietnamese(char32_t letter, char32_t mark) const {
  const auto letters = vietnamese_marks_.find(mark);
  const size_t at = vietnamese_letters_.find(letter);
  return letters == vietnamese_marks_.end() || at == vietnamese_letters_.npos ? 0 : letters->second.at(at);
}

}  // namespace evergreen::ifeval
