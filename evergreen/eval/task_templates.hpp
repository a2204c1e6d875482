// A definition's templates, read once, and what they make of a record. For template_task.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/eval/answer_filter.hpp"
#include "evergreen/eval/definition.hpp"
#include "evergreen/eval/prompt_template.hpp"

namespace evergreen {

// What is right: an index of a choice, a text, or several of either.
struct Target {
  std::vector<int64_t> indices;
  std::vector<std::string> texts;  // of all, as Python's str()
  bool several = false;
};

class TaskTemplates {
 public:
  explicit TaskTemplates(const TaskDefinition& definition);

  const TaskDefinition& definition() const { return definition_; }

  std::string description(const Fields& fields) const { return optional_text(description_, fields); }
  std::string gen_prefix(const Fields& fields) const { return optional_text(gen_prefix_, fields); }
  // The index of the choice that the record's text is, in tasks of partial evaluation.
  std::optional<int64_t> partial_index(const Fields& fields) const;
  std::string question(const Fields& fields) const { return text_.text(fields); }
  std::vector<std::string> choices(const Fields& fields) const;
  Target target(const Fields& fields) const { return read_target(target_.value(fields)); }
  std::vector<bool> labels(const Fields& fields) const;  // empty where the task has none
  std::string counted(const Fields& fields) const;       // the target, unless the task says otherwise

  std::string date(const Fields& fields) const { return optional_text(date_, fields); }

  // An example's question and the answer that follows it.
  struct Shot {
    std::string question, answer;
  };
  Shot shot(const Fields& fields, bool partial) const;

  const std::vector<AnswerFilter>& filters() const { return filters_; }
  const std::vector<ExactMatch>& exact_matches() const { return exact_matches_; }  // one for each metric

 private:
  using Optional = std::optional<PromptTemplate>;
  static std::string optional_text(const Optional& made, const Fields& fields) {
    return made ? made->text(fields) : std::string();
  }
  Optional make(const std::string& source, const char* key) const;
  std::vector<std::string> choices_of(const Optional& made, const Fields& fields) const;
  Target read_target(const jinja::Value& value) const;

  TaskDefinition definition_;
  PromptTemplate text_, target_;
  Optional description_, gen_prefix_, choice_, labels_, counted_, date_, shot_text_, shot_target_,
      shot_choice_;
  std::vector<AnswerFilter> filters_;
  std::vector<ExactMatch> exact_matches_;
};

}  // namespace evergreen
