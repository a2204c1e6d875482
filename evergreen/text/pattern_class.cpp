// Which of PCRE2's properties are the sets that Oniguruma means, and what they lack. A property is looked up in a table; ranges
// are compared one by one, and \p{L} has more than six hundred.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <map>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <pcre2.h>

#include "evergreen/text/code_set.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

using unicode::CodeRange;

// What the installed PCRE2 takes for `properties`, found in a text of all code points; empty where it knows no such.
CodeSet set_of_pcre2(std::string_view properties) {
  const std::string pattern = fmt::format("[{}]+", properties);
  int error = 0;
  PCRE2_SIZE offset = 0;
  const std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | PCRE2_UCP,
                    &error, &offset, nullptr),
      pcre2_code_free);
  if (!code) return {};
  pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  const std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> data(
      pcre2_match_data_create_from_pattern(code.get(), nullptr), pcre2_match_data_free);
  std::string text;
  text.reserve(size_t{0x110000} * 4);
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c < 0xD800 || c >= 0xE000) append_utf8(text, c);
  }
  std::vector<CodeRange> ranges;
  PCRE2_SIZE at = 0;
  while (pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), at,
                     PCRE2_NO_UTF_CHECK, data.get(), nullptr) > 0) {
    const PCRE2_SIZE* found = pcre2_get_ovector_pointer(data.get());
    const CodeRange range{decode_utf8(text, found[0]).code,
                          decode_utf8(text, previous_character(text, found[1])).code};
    // A range must not reach over the surrogates, which are in none of the sets that are compared here.
    if (range.first < 0xD800 && range.last >= 0xE000) {
      ranges.push_back({range.first, 0xD7FF});
      ranges.push_back({0xE000, range.last});
    } else {
      ranges.push_back(range);
    }
    at = found[1];
  }
  return CodeSet(ranges);
}

struct Difference {
  CodeSet missing, extra;
};

const Difference& difference(const NamedSet& named) {
  static std::mutex mutex;
  static std::map<std::string, Difference> known;
  const std::scoped_lock lock(mutex);
  const std::string key = std::string(named.nearest) + ' ' + named.set.as_class();
  const auto found = known.find(key);
  if (found != known.end()) return found->second;
  const CodeSet installed = set_of_pcre2(named.nearest);
  return known.emplace(key, Difference{named.set.without(installed), installed.without(named.set)})
      .first->second;
}

}  // namespace

std::string class_of(const NamedSet& named, bool complement) {
  if (complement) return named.set.complement().as_class();
  if (named.nearest.empty()) return named.set.as_class();
  const Difference& differs = difference(named);
  if (!differs.extra.empty()) return named.set.as_class();
  return std::string(named.nearest) + differs.missing.as_class();
}

}  // namespace evergreen
