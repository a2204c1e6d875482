#include "evergreen/eval/task_templates.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

using jinja::Value;

std::optional<int64_t> as_index(const Value& value) {
  if (value.is_whole()) return value.as_whole();
  if (!value.is_text() || value.as_text().empty()) return std::nullopt;
  const std::string& text = value.as_text();
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  int64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  return error == std::errc() ? std::optional(index) : std::nullopt;
}

}  // namespace

TaskTemplates::TaskTemplates(const TaskDefinition& definition)
    : definition_(definition),
      text_(definition.doc_to_text, definition.where + ", doc_to_text"),
      target_(definition.doc_to_target, definition.where + ", doc_to_target"),
      description_(make(definition.description, "description")),
      gen_prefix_(make(definition.gen_prefix, "gen_prefix")),
      choice_(make(definition.doc_to_choice, "doc_to_choice")),
      labels_(make(definition.doc_to_labels, "doc_to_labels")),
      counted_(make(definition.doc_to_counted, "doc_to_counted")),
      date_(make(definition.doc_to_date, "doc_to_date")),
      shot_text_(make(definition.fewshot_to_text, "fewshot_config.doc_to_text")),
      shot_target_(make(definition.fewshot_to_target, "fewshot_config.doc_to_target")),
      shot_choice_(make(definition.fewshot_to_choice, "fewshot_config.doc_to_choice")) {
  for (const FilterDefinition& filter : definition.filters) filters_.emplace_back(filter, definition.where);
  for (const MetricDefinition& metric : definition.metrics)
    exact_matches_.emplace_back(metric, definition.where);
}

TaskTemplates::Optional TaskTemplates::make(const std::string& source, const char* key) const {
  if (source.empty()) return std::nullopt;
  return PromptTemplate(source, fmt::format("{}, {}", definition_.where, key));
}

std::optional<int64_t> TaskTemplates::partial_index(const Fields& fields) const {
  return definition_.has_choices() ? as_index(text_.value(fields)) : std::nullopt;
}

std::vector<std::string> TaskTemplates::choices(const Fields& fields) const {
  return choices_of(choice_, fields);
}

std::vector<std::string> TaskTemplates::choices_of(const Optional& made, const Fields& fields) const {
  if (!made) return definition_.choices;
  const auto texts = value_texts(made->value(fields));
  if (!texts || texts->empty())
    throw Error(ErrorKind::input, "doc_to_choice does not give a list of choices", definition_.where);
  return *texts;
}

std::vector<bool> TaskTemplates::labels(const Fields& fields) const {
  std::vector<bool> labels;
  if (!labels_) return labels;
  const Value value = labels_->value(fields);
  if (!value.is_sequence())
    throw Error(ErrorKind::input, "doc_to_labels does not give a list", definition_.where);
  for (const Value& label : value.as_sequence().items) labels.push_back(jinja::is_true(label));
  return labels;
}

std::string TaskTemplates::counted(const Fields& fields) const {
  return counted_ ? counted_->text(fields) : target_.text(fields);
}

Target TaskTemplates::read_target(const Value& value) const {
  Target target;
  target.several = value.is_sequence();
  const std::vector<Value> all = target.several ? value.as_sequence().items : std::vector<Value>{value};
  for (const Value& one : all) {
    target.texts.push_back(value_text(one));
    if (const auto index = as_index(one); index && definition_.has_choices())
      target.indices.push_back(*index);
  }
  return target;
}

TaskTemplates::Shot TaskTemplates::shot(const Fields& fields, bool partial) const {
  const PromptTemplate& text = shot_text_ ? *shot_text_ : text_;
  const Target target = read_target((shot_target_ ? *shot_target_ : target_).value(fields));
  const auto choice = [&](int64_t index) {
    const std::vector<std::string> all = choices_of(shot_choice_ ? shot_choice_ : choice_, fields);
    if (index < 0 || index >= static_cast<int64_t>(all.size()))
      throw Error(ErrorKind::input, fmt::format("an example's answer is choice {} of {}", index, all.size()),
                  definition_.where);
    return all[static_cast<size_t>(index)];
  };
  Shot made;
  const std::string answer = target.texts.empty() ? std::string() : target.texts.front();
  if (partial) {
    made.question = choice(as_index(text.value(fields)).value_or(-1));
    made.answer = answer;
  } else {
    made.question = text.text(fields);
    made.answer = !target.several && !target.indices.empty() ? choice(target.indices.front()) : answer;
  }
  return made;
}

}  // namespace evergreen
