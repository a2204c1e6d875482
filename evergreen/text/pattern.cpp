#include "evergreen/text/pattern.hpp"

#include <fmt/format.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <array>

#include <pcre2.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr size_t kLargestStack = size_t{64}
                                 << 20;  // of the compiled matcher, taken only by patterns that ask for it

std::string pcre2_message(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

struct CompileContext {
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  CompileContext() { pcre2_set_newline(context, PCRE2_NEWLINE_LF); }
  ~CompileContext() { pcre2_compile_context_free(context); }
  CompileContext(const CompileContext&) = delete;
  CompileContext& operator=(const CompileContext&) = delete;
};

}  // namespace

struct Pattern::Code {
  pcre2_code* code = nullptr;
  bool compiled_to_machine_code = false;
  std::string source, where;

  ~Code() { pcre2_code_free(code); }
};

Pattern::Pattern(std::string_view oniguruma, const std::string& where) : code_(std::make_unique<Code>()) {
  code_->source = oniguruma;
  code_->where = where;
  if (valid_utf8_prefix(oniguruma) != oniguruma.size()) {
    throw Error(ErrorKind::input, "a pattern is not well-formed UTF-8", where);
  }
  const std::string pattern = translate_pattern(oniguruma, where);
  const CompileContext context;
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                              PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &error,
                              &offset, context.context);
  if (code_->code == nullptr) {
    throw Error(ErrorKind::input,
                fmt::format("the pattern '{}' cannot be compiled: {}", oniguruma, pcre2_message(error)),
                where);
  }
  code_->compiled_to_machine_code = pcre2_jit_compile(code_->code, PCRE2_JIT_COMPLETE) == 0;
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

struct Pattern::Search::State {
  pcre2_match_data* data = nullptr;
  pcre2_match_context* context = nullptr;
  pcre2_jit_stack* stack = nullptr;

  ~State() {
    pcre2_match_data_free(data);
    pcre2_match_context_free(context);
    pcre2_jit_stack_free(stack);
  }
  void take_larger_stack() {
    stack = pcre2_jit_stack_create(size_t{64} << 10, kLargestStack, nullptr);
    context = pcre2_match_context_create(nullptr);
    pcre2_jit_stack_assign(context, nullptr, stack);
  }
};

Pattern::Search::Search(const Pattern& pattern) : pattern_(pattern), state_(std::make_unique<State>()) {
  state_->data = pcre2_match_data_create_from_pattern(pattern.code_->code, nullptr);
}

Pattern::Search::~Search() = default;

bool Pattern::Search::next(std::string_view text, size_t from, Match& match) {
  const Code& code = *pattern_.code_;
  const auto subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  const auto run = [&] {
    return code.compiled_to_machine_code
               ? pcre2_jit_match(code.code, subject, text.size(), from, 0, state_->data, state_->context)
               : pcre2_match(code.code, subject, text.size(), from, PCRE2_NO_UTF_CHECK, state_->data,
                             state_->context);
  };
  int result = run();
  if (result == PCRE2_ERROR_JIT_STACKLIMIT && state_->stack == nullptr) {
    state_->take_larger_stack();
    result = run();
  }
  if (result == PCRE2_ERROR_NOMATCH) return false;
  if (result < 0) {
    throw Error(ErrorKind::resource,
                fmt::format("the pattern '{}' gives up on a text of {} bytes: {}", code.source, text.size(),
                            pcre2_message(result)),
                code.where);
  }
  const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(state_->data);
  match = {offsets[0], offsets[1]};
  return true;
}

}  // namespace evergreen
