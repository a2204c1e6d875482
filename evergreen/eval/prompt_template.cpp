#include "evergreen/eval/prompt_template.hpp"

#include <cctype>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/python_pattern.hpp"
#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/evaluator.hpp"
#include "evergreen/text/jinja/parser.hpp"

namespace evergreen {
namespace {

using jinja::Runtime;
using jinja::Value;

Value regex_replace(Runtime& runtime, const Value& input, jinja::CallArguments& arguments) {
  const jinja::BoundArguments bound(runtime, "regex_replace", arguments, {"pattern", "repl"});
  const std::string text = runtime.str(input), replacement = bound.text(1);
  runtime.charge(static_cast<int64_t>(text.size()));
  const ifeval::PythonPattern pattern(bound.text(0));
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    const bool digit =
        i + 1 < replacement.size() && std::isdigit(static_cast<unsigned char>(replacement[i + 1]));
    if (!digit || static_cast<size_t>(replacement[i + 1] - '0') > pattern.groups())
      runtime.fail("a replacement has \\1 to \\9, each a group of the pattern, and no other backslash");
    ++i;
  }
  return runtime.text(pattern.replace(text, replacement));
}

const jinja::Dialect& prompt_dialect() {
  static const jinja::Dialect dialect = {.trim_blocks = false,
                                         .lstrip_blocks = false,
                                         .keep_trailing_newline = true,
                                         .strict_undefined = true,
                                         .filters = {{"regex_replace", regex_replace}}};
  return dialect;
}

template <class F>
auto with_place(const std::string& where, F&& work) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) throw;
    const std::string inner = error.where().empty() ? "" : ", " + error.where();
    throw Error(error.kind(), error.problem(), where + inner, error.next());
  }
}

// A loop over a generator uses it up; lists may be walked through again and again.
Value settled(Value value) {
  if (!value.is_sequence() || value.as_sequence().has_length()) return value;
  return Value::sequence({.items = value.as_sequence().take()});
}

}  // namespace

struct PromptTemplate::Parsed {
  jinja::Block body;
};

PromptTemplate::PromptTemplate(std::string source, std::string where)
    : source_(std::move(source)), where_(std::move(where)) {
  auto parsed = std::make_shared<Parsed>();
  with_place(where_, [&] { parsed->body = jinja::parse(source_, prompt_dialect()); });
  parsed_ = std::move(parsed);
}

Value PromptTemplate::value(const Fields& fields) const {
  if (const Value* field = fields.find_name(source_)) return *field;
  return with_place(where_, [&] {
    Runtime runtime({}, prompt_dialect());
    return settled(jinja::evaluate(parsed_->body, runtime, fields));
  });
}

std::string PromptTemplate::text(const Fields& fields) const { return value_text(value(fields)); }

std::string value_text(const Value& value) {
  if (value.is_text()) return value.as_text();
  Runtime runtime({}, prompt_dialect());
  return runtime.str(value);
}

std::optional<std::vector<std::string>> value_texts(const Value& value) {
  if (!value.is_sequence()) return std::nullopt;
  std::vector<std::string> texts;
  for (const Value& item : value.as_sequence().items) texts.push_back(value_text(item));
  return texts;
}

std::string value_json(const Value& value) {
  Runtime runtime({}, prompt_dialect());
  return jinja::to_json(runtime, value, {});
}

}  // namespace evergreen
