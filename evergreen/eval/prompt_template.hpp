// A task's template: Jinja as lm-evaluation-harness renders it.
//
//   a field's name       the field as it is, where the record has it
//   one {{expression}}   its value: a list stays a list, a number a number
//   anything else        text
// Nothing is trimmed and a last newline stays; what is not there is an error. Besides Jinja's filters there is
// regex_replace(pattern, replacement), Python's re.sub (\1 to \9 stand for groups).
// Source    lm-evaluation-harness 0.4.13: lm_eval/utils.py (apply_template), api/task.py (doc_to_text and its like).
// Errors    Error{input} naming `where`, for a template that cannot be read and for one that fails on a record.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/text/jinja/value.hpp"

namespace evergreen {

// What a template looks up by name: a record's fields.
using Fields = jinja::Dict;

class PromptTemplate {
 public:
  PromptTemplate(std::string source, std::string where);

  jinja::Value value(const Fields& fields) const;
  std::string text(const Fields& fields) const;  // as Python's str() of the value
  const std::string& source() const { return source_; }

 private:
  struct Parsed;
  std::string source_, where_;
  std::shared_ptr<const Parsed> parsed_;
};

// Python's str() of a value.
std::string value_text(const jinja::Value& value);
// The items of a list as texts; none where the value is not a list.
std::optional<std::vector<std::string>> value_texts(const jinja::Value& value);
// One line of JSON.
std::string value_json(const jinja::Value& value);

}  // namespace evergreen
