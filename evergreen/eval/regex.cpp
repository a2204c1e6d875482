#include "evergreen/eval/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <array>

#include <fmt/format.h>
#include <pcre2.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

std::string message(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

}  // namespace

struct Regex::Code {
  explicit Code(pcre2_code* compiled) : code(compiled) {}
  ~Code() { pcre2_code_free(code); }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  pcre2_code* code;
};

Regex::Regex(const std::string& pattern, bool ignore_case) : pattern_(pattern) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const uint32_t options = PCRE2_UTF | PCRE2_UCP | (ignore_case ? PCRE2_CASELESS : 0U);
  pcre2_code* code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), options,
                                   &error, &offset, nullptr);
  if (code == nullptr) {
    throw Error(ErrorKind::input,
                fmt::format("the pattern does not compile at byte {}: {}", offset, message(error)), pattern);
  }
  code_ = std::make_shared<const Code>(code);
}

bool Regex::found_in(std::string_view text) const { return run(text, 0); }
bool Regex::matches(std::string_view text) const { return run(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED); }

bool Regex::run(std::string_view text, unsigned options) const {
  std::string valid;
  append_replacing_ill_formed(valid, text);
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> match(
      pcre2_match_data_create_from_pattern(code_->code, nullptr), pcre2_match_data_free);
  const int found = pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(valid.data()), valid.size(), 0,
                                options, match.get(), nullptr);
  if (found < 0 && found != PCRE2_ERROR_NOMATCH)
    throw Error(ErrorKind::input, "the pattern cannot be matched: " + message(found), pattern_);
  return found >= 0;
}

}  // namespace evergreen
