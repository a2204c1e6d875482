#include "evergreen/eval/definition.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "evergreen/eval/toml_table.hpp"

namespace evergreen {
namespace {

constexpr std::array<std::pair<const char*, OutputType>, 4> kOutputTypes = {{
    {"multiple_choice", OutputType::multiple_choice},
    {"loglikelihood", OutputType::loglikelihood},
    {"loglikelihood_rolling", OutputType::loglikelihood_rolling},
    {"generate_until", OutputType::generate_until},
}};

std::vector<std::string> metrics_of(OutputType type) {
  switch (type) {
    case OutputType::multiple_choice:
      return {"acc", "acc_norm", "acc_bytes", "exact_match"};
    case OutputType::loglikelihood:
      return {"acc", "perplexity"};
    case OutputType::loglikelihood_rolling:
      return {"word_perplexity", "byte_perplexity", "bits_per_byte", "token_perplexity"};
    case OutputType::generate_until:
      return {"exact_match", "token_f1"};
  }
  return {};
}

// `value` is one of `known`, or an error at the table's key.
void require_known(const TomlTable& table, const char* key, const std::string& value,
                   const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  const toml::node* node = table.entries().get(key);
  throw Error(ErrorKind::input, fmt::format("'{}' is not a {}", value, key),
              node != nullptr ? TomlTable::place(*node) : table.where(), suggest_name(value, known));
}

OutputType read_output_type(TomlTable& table) {
  const std::string name = table.text_or("output_type", "generate_until");
  std::vector<std::string> known;
  for (const auto& [known_name, type] : kOutputTypes) {
    if (name == known_name) return type;
    known.emplace_back(known_name);
  }
  require_known(table, "output_type", name, known);
  return OutputType::generate_until;
}

FilterStep read_step(TomlTable table) {
  FilterStep step;
  step.function = table.text_or("function", "");
  require_known(table, "function", step.function,
                {"regex", "remove_whitespace", "lowercase", "uppercase", "map", "take_first"});
  if (step.function == "regex") {
    step.regex_pattern = table.text_or("regex_pattern", step.regex_pattern);
    step.group_select = table.whole("group_select").value_or(0);
    step.fallback = table.text_or("fallback", step.fallback);
  }
  if (step.function == "map") {
    if (auto mapping = table.table("mapping_dict")) {
      for (const auto& [key, value] : mapping->entries())
        step.mapping[std::string(key.str())] = mapping->texts_of(std::string(key.str()), value).front();
    }
    step.fallback = table.text_or("default_value", "None");
  }
  table.finish();
  return step;
}

std::vector<FilterDefinition> read_filters(TomlTable& table, OutputType type) {
  std::vector<FilterDefinition> filters;
  for (TomlTable& entry : table.tables("filter_list")) {
    FilterDefinition& filter = filters.emplace_back();
    filter.name = entry.text_or("name", "none");
    for (TomlTable& step : entry.tables("filter")) filter.steps.push_back(read_step(step));
    entry.finish();
  }
  if (type != OutputType::generate_until && !filters.empty()) {
    throw Error(ErrorKind::input, "only what a model writes can be filtered", table.where(),
                "leave filter_list out, or set output_type = \"generate_until\"");
  }
  if (filters.empty()) filters.push_back({"none", {}});
  return filters;
}

std::vector<MetricDefinition> read_metrics(TomlTable& table, OutputType type) {
  std::vector<MetricDefinition> metrics;
  for (TomlTable& entry : table.tables("metric_list")) {
    MetricDefinition& m = metrics.emplace_back();
    m.metric = entry.text_or("metric", "");
    require_known(entry, "metric", m.metric, metrics_of(type));
    m.higher_is_better = entry.get<bool>("higher_is_better", "true or false");
    entry.text("aggregation");  // each metric has its own
    if (type == OutputType::generate_until) {
      m.ignore_case = entry.flag("ignore_case");
      m.ignore_punctuation = entry.flag("ignore_punctuation");
      m.ignore_numbers = entry.flag("ignore_numbers");
      m.regexes_to_ignore = entry.texts("regexes_to_ignore");
    }
    entry.finish();
  }
  if (metrics.empty()) {
    for (const std::string& name : metrics_of(type)) {
      if (name != "exact_match" || type == OutputType::generate_until) metrics.push_back({.metric = name});
      if (type == OutputType::generate_until) break;
    }
  }
  return metrics;
}

jinja::Dict read_sample(const TomlTable& table) {
  jinja::Dict fields;
  for (const auto& [key, node] : table.entries()) {
    const auto value = node.value_exact<std::string>();
    if (!value) table.wrong(std::string(key.str()), node, "a text");
    fields.set(std::string(key.str()), jinja::Value::text(*value));
  }
  return fields;
}

void read_fewshot(TomlTable& table, TaskDefinition& d) {
  d.num_fewshot = table.whole("num_fewshot");
  auto config = table.table("fewshot_config");
  if (!config) return;
  const std::string sampler = config->text_or("sampler", "default");
  require_known(*config, "sampler", sampler, {"default", "first_n"});
  d.sampler = sampler == "first_n" ? Sampler::first_n : Sampler::random;
  if (auto split = config->text("split")) d.fewshot_split = split;
  for (const TomlTable& sample : config->tables("samples")) d.fewshot_samples.push_back(read_sample(sample));
  d.fewshot_to_text = config->text_or("doc_to_text", "");
  d.fewshot_to_target = config->text_or("doc_to_target", "");
  d.fewshot_to_choice = config->text_or("doc_to_choice", "");
  config->finish();
}

void read_generation(TomlTable& table, TaskDefinition& d) {
  d.until = {d.fewshot_delimiter};
  auto generation = table.table("generation_kwargs");
  if (!generation) return;
  if (generation->node("until") != nullptr) d.until = generation->texts("until");
  d.max_gen_toks = generation->whole("max_gen_toks").value_or(d.max_gen_toks);
  const toml::node* temperature = generation->node("temperature");
  const double value = temperature != nullptr ? temperature->value<double>().value_or(1.0) : 0.0;
  if (generation->flag("do_sample") || value != 0) {
    throw Error(ErrorKind::input, "tasks are answered greedily: do_sample and temperature cannot be set",
                generation->where());
  }
  generation->finish();
}

void read_data(TomlTable& table, TaskDefinition& d) {
  d.training_split = table.text("training_split");
  d.validation_split = table.text("validation_split");
  d.test_split = table.text("test_split");
  d.fewshot_split = table.text("fewshot_split");
  if (auto files = table.table("files")) {
    for (const auto& [split, names] : files->entries()) {
      const std::string name(split.str());
      d.files[name] = files->texts_of(name, names);
    }
  }
  if (auto fields = table.table("fields")) {
    for (const auto& [key, value] : fields->entries()) {
      const auto text = value.value_exact<std::string>();
      if (!text) fields->wrong(std::string(key.str()), value, "a template");
      d.fields[std::string(key.str())] = *text;
    }
  }
  d.where_template = table.text_or("where", "");
}

void read_choices(TomlTable& table, TaskDefinition& d) {
  const toml::node* node = table.node("doc_to_choice");
  if (node == nullptr) return;
  if (const auto text = node->value_exact<std::string>())
    d.doc_to_choice = *text;
  else
    d.choices = table.texts("doc_to_choice");
}

void read_subtasks(TomlTable& table, TaskDefinition& d) {
  d.group = table.text_or("group", "");
  const toml::node* node = table.node("subtasks");
  if (node == nullptr) return;
  if (d.group.empty()) throw Error(ErrorKind::input, "subtasks without a 'group'", TomlTable::place(*node));
  if (node->is_array()) {
    d.subtasks.push_back({"", table.texts("subtasks")});
    return;
  }
  const auto groups = table.table("subtasks");
  for (const auto& [name, values] : groups->entries()) {
    const std::string key(name.str());
    d.subtasks.push_back({d.group + "_" + key, groups->texts_of(key, values)});
  }
}

void check(const TomlTable& table, const TaskDefinition& d) {
  const auto refuse = [&](const std::string& what) { throw Error(ErrorKind::input, what, table.where()); };
  if (d.task.empty()) refuse("the task has no name: 'task' is missing");
  if (!d.test_split && !d.validation_split)
    refuse("the task says neither 'test_split' nor 'validation_split': nothing to score");
  if (d.output_type == OutputType::multiple_choice && !d.has_choices())
    refuse("a task of multiple choice needs 'doc_to_choice'");
  if (d.doc_to_target.empty()) refuse("'doc_to_target' is missing");
  if (d.doc_to_text.empty() && d.output_type != OutputType::loglikelihood_rolling)
    refuse("'doc_to_text' is missing");
  if (d.num_fewshot.value_or(0) < 0) refuse("'num_fewshot' is negative");
}

toml::table parse_toml(const std::string& text, const std::string& where) {
  try {
    return toml::parse(text, where);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::input, "this is not valid TOML: " + std::string(error.description()),
                fmt::format("{}, line {}", where, error.source().begin.line));
  }
}

// What `include` names, with the keys of `own` over it; inner tables replace outer ones whole, as in the harness.
toml::table with_included(toml::table own, const std::string& where, IncludeFn include) {
  const toml::node* node = own.get("include");
  if (node == nullptr) return own;
  const auto name = node->value_exact<std::string>();
  if (!name) throw Error(ErrorKind::input, "'include' must be a text", TomlTable::place(*node));
  toml::table all = with_included(parse_toml(include(*name, where), *name), *name, include);
  own.erase("include");
  for (auto&& [key, value] : own)
    all.insert_or_assign(key, std::move(value));  // a copy would forget its line
  return all;
}

}  // namespace

const char* output_type_name(OutputType type) {
  for (const auto& [name, known] : kOutputTypes) {
    if (known == type) return name;
  }
  return "";
}

TaskDefinition parse_definition(const std::string& toml, const std::string& where, IncludeFn include) {
  const toml::table parsed = with_included(parse_toml(toml, where), where, include);
  TomlTable table(parsed, "");
  TaskDefinition d;
  d.where = where;
  d.task = table.text_or("task", "");
  read_subtasks(table, d);
  if (auto metadata = table.table("metadata")) {
    if (const toml::node* version = metadata->node("version"))
      d.version = version->value<double>().value_or(1.0);
  }
  d.output_type = read_output_type(table);
  read_data(table, d);
  d.description = table.text_or("description", "");
  d.doc_to_text = table.text_or("doc_to_text", "");
  const toml::node* target = table.node("doc_to_target");
  if (target != nullptr && target->is_integer()) {
    d.doc_to_target = fmt::format("{{{{{}}}}}", *target->value<int64_t>());
  } else {
    d.doc_to_target = table.text_or("doc_to_target", "");
  }
  read_choices(table, d);
  d.gen_prefix = table.text_or("gen_prefix", "");
  d.doc_to_labels = table.text_or("doc_to_labels", "");
  d.doc_to_counted = table.text_or("doc_to_counted", "");
  d.doc_to_date = table.text_or("doc_to_date", "");
  d.target_delimiter = table.text_or("target_delimiter", d.target_delimiter);
  d.fewshot_delimiter = table.text_or("fewshot_delimiter", d.fewshot_delimiter);
  read_fewshot(table, d);
  read_generation(table, d);
  d.filters = read_filters(table, d.output_type);
  d.metrics = read_metrics(table, d.output_type);
  table.finish();
  check(table, d);
  return d;
}

}  // namespace evergreen
