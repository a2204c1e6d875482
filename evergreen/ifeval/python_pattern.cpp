#define PCRE2_CODE_UNIT_WIDTH 8
#include "evergreen/ifeval/python_pattern.hpp"

#include <array>

#include <fmt/format.h>
#include <pcre2.h>

#include "evergreen/base/error.hpp"

namespace evergreen::ifeval {
namespace {

constexpr uint32_t kMatchSteps = 1'000'000;

std::string message(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

PCRE2_SPTR bytes(std::string_view text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data() == nullptr ? "" : text.data());
}

struct FreeMatch {
  void operator()(pcre2_match_data* m) const { pcre2_match_data_free(m); }
};
struct FreeContext {
  void operator()(pcre2_match_context* c) const { pcre2_match_context_free(c); }
};

}  // namespace

struct PythonPattern::Code {
  std::string pattern;
  pcre2_code* code = nullptr;
  size_t groups = 0;

  Code() = default;
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() { pcre2_code_free(code); }

  // Calls `visit(offsets)` for each match as re.finditer finds them, until it returns false.
  template <class Visit>
  void each(std::string_view text, Visit visit) const {
    const std::unique_ptr<pcre2_match_data, FreeMatch> data(
        pcre2_match_data_create_from_pattern(code, nullptr));
    const std::unique_ptr<pcre2_match_context, FreeContext> context(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(context.get(), kMatchSteps);
    const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data.get());
    size_t from = 0;
    uint32_t options = PCRE2_NO_UTF_CHECK;
    for (;;) {
      int rc = pcre2_match(code, bytes(text), text.size(), from, options, data.get(), context.get());
      if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
        rc = pcre2_match(code, bytes(text), text.size(), from, options | PCRE2_NO_JIT, data.get(),
                         context.get());
      }
      if (rc == PCRE2_ERROR_NOMATCH) return;
      if (rc < 0) {
        throw Error(ErrorKind::input, fmt::format("the pattern cannot be searched for: {}", message(rc)),
                    pattern, "a simpler pattern");
      }
      if (!visit(offsets)) return;
      from = offsets[1];
      options = PCRE2_NO_UTF_CHECK | (offsets[0] == offsets[1] ? PCRE2_NOTEMPTY_ATSTART : 0U);
    }
  }
};

PythonPattern::PythonPattern(std::string_view pattern, PatternFlags flags) {
  auto made = std::make_shared<Code>();
  made->pattern = pattern;
  const std::string translated = translate_python_pattern(pattern, flags);
  const std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_ALT_CIRCUMFLEX;
  if (flags.ignore_case) options |= PCRE2_CASELESS;
  if (flags.multiline) options |= PCRE2_MULTILINE;
  int error = 0;
  PCRE2_SIZE place = 0;
  made->code = pcre2_compile(bytes(translated), translated.size(), options, &error, &place, context.get());
  if (made->code == nullptr) {
    throw Error(ErrorKind::input, fmt::format("the pattern is not a regular expression: {}", message(error)),
                made->pattern, "patterns are those of Python's re");
  }
  pcre2_jit_compile(made->code, PCRE2_JIT_COMPLETE);  // where there is no JIT the interpreter runs
  uint32_t groups = 0;
  pcre2_pattern_info(made->code, PCRE2_INFO_CAPTURECOUNT, &groups);
  made->groups = groups;
  code_ = std::move(made);
}

bool PythonPattern::found_in(std::string_view text) const {
  bool found = false;
  code_->each(text, [&](const size_t*) {
    found = true;
    return false;
  });
  return found;
}

size_t PythonPattern::count(std::string_view text) const {
  size_t matches = 0;
  code_->each(text, [&](const size_t*) {
    ++matches;
    return true;
  });
  return matches;
}

std::vector<std::vector<std::string>> PythonPattern::find_all(std::string_view text) const {
  std::vector<std::vector<std::string>> matches;
  const size_t first = code_->groups == 0 ? 0 : 1;
  code_->each(text, [&](const size_t* offsets) {
    std::vector<std::string>& match = matches.emplace_back();
    for (size_t group = first; group <= code_->groups; ++group) {
      const size_t begin = offsets[2 * group], end = offsets[2 * group + 1];
      match.emplace_back(begin == PCRE2_UNSET ? std::string_view() : text.substr(begin, end - begin));
    }
    return true;
  });
  return matches;
}

size_t PythonPattern::groups() const { return code_->groups; }

std::string PythonPattern::replace(std::string_view text, std::string_view replacement) const {
  std::string out;
  size_t done = 0;
  code_->each(text, [&](const size_t* offsets) {
    out += text.substr(done, offsets[0] - done);
    for (size_t i = 0; i < replacement.size(); ++i) {
      if (replacement[i] == '\\' && i + 1 < replacement.size()) {
        const auto group = static_cast<size_t>(replacement[++i] - '0');
        if (offsets[2 * group] != PCRE2_UNSET)
          out += text.substr(offsets[2 * group], offsets[2 * group + 1] - offsets[2 * group]);
      } else {
        out += replacement[i];
      }
    }
    done = offsets[1];
    return true;
  });
  out += text.substr(done);
  return out;
}

}  // namespace evergreen::ifeval
