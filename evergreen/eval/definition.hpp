// A task as a TOML file says it, in the shape of lm-evaluation-harness' YAML. docs/formats.md lists the keys.
//
// Keys of the harness keep their names and meanings. In place of a Hugging Face data set and of Python functions stand
//   [files]            for each split the names to look for, the first that exists is read
//   [fields]           fields to add to each record, one template each; they see the record as it is in the file
//   where              a template: records for which it is false are left out
//   doc_to_labels      multiple_choice with metric "acc": the truth of each choice; the score is the share of probability
//                      on true ones (TruthfulQA's mc2)
//   doc_to_counted     loglikelihood_rolling: the text whose words and bytes the perplexities are per (WikiText)
//   doc_to_date        the date of a record, YYYY-MM-DD: TaskOptions::since splits the task there
//   group, [subtasks]  one task for each value: `task` is a template that sees `subtask`, as do all the others
// Errors    Error{input} with file and line, and the nearest key for one that is unknown.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/eval/fewshot.hpp"
#include "evergreen/text/jinja/value.hpp"

namespace evergreen {

enum class OutputType { multiple_choice, loglikelihood, loglikelihood_rolling, generate_until };
const char* output_type_name(OutputType type);

// One step of reading an answer.
struct FilterStep {
  std::string function;  // regex, remove_whitespace, lowercase, uppercase, map, take_first
  std::string regex_pattern = R"(#### (\-?[0-9\.\,]+))";
  int64_t group_select = 0;
  std::string fallback = "[invalid]";
  std::map<std::string, std::string> mapping;
};
struct FilterDefinition {
  std::string name;
  std::vector<FilterStep> steps;
};

struct MetricDefinition {
  std::string metric;
  std::optional<bool> higher_is_better = {};
  bool ignore_case = false, ignore_punctuation = false, ignore_numbers = false;
  std::vector<std::string> regexes_to_ignore = {};
};

struct SubtaskList {
  std::string group;  // of these alone; empty: none
  std::vector<std::string> values;
};

struct TaskDefinition {
  std::string where;      // the file, for errors
  bool built_in = false;  // known by name: it takes files of the hub's names too, not only those it lists
  std::string task, group;
  std::vector<SubtaskList> subtasks;
  double version = 1;
  OutputType output_type = OutputType::generate_until;

  std::optional<std::string> training_split, validation_split, test_split, fewshot_split;
  std::map<std::string, std::vector<std::string>> files;  // by split
  std::map<std::string, std::string> fields;
  std::string where_template;

  std::string description, doc_to_text, doc_to_target, gen_prefix, doc_to_labels, doc_to_counted, doc_to_date;
  std::string doc_to_choice;         // a template, or
  std::vector<std::string> choices;  // the same for all records
  std::string target_delimiter = " ", fewshot_delimiter = "\n\n";

  std::optional<int64_t> num_fewshot;
  Sampler sampler = Sampler::random;
  std::vector<jinja::Dict> fewshot_samples;
  std::string fewshot_to_text, fewshot_to_target, fewshot_to_choice;  // empty: as for the item

  std::vector<std::string> until;
  int64_t max_gen_toks = 256;
  std::vector<FilterDefinition> filters;
  std::vector<MetricDefinition> metrics;

  bool has_choices() const { return !doc_to_choice.empty() || !choices.empty(); }
};

// `include` in a definition names another: its text by that name.
using IncludeFn = std::string (*)(const std::string& name, const std::string& from);

TaskDefinition parse_definition(const std::string& toml, const std::string& where, IncludeFn include);

}  // namespace evergreen
