#include "evergreen/eval/template_task.hpp"

#include <algorithm>
#include <cmath>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/eval/dates.hpp"
#include "evergreen/eval/prompt_turns.hpp"
#include "evergreen/eval/task_records.hpp"
#include "evergreen/eval/task_templates.hpp"

namespace evergreen {
namespace {

using TemplatesPtr = std::shared_ptr<const TaskTemplates>;

MetricInfo metric_info(const MetricDefinition& metric, const std::string& filter) {
  MetricInfo info{metric.metric, filter, Aggregation::mean, true};
  if (metric.metric.ends_with("perplexity")) info.aggregation = Aggregation::perplexity;
  if (metric.metric == "bits_per_byte") info.aggregation = Aggregation::bits_per_byte;
  info.higher_is_better = metric.higher_is_better.value_or(info.aggregation == Aggregation::mean);
  return info;
}

OrderedJson filters_json(const TaskDefinition& d) {
  OrderedJson filters = OrderedJson::array();
  for (const FilterDefinition& filter : d.filters) {
    OrderedJson steps = OrderedJson::array();
    for (const FilterStep& step : filter.steps) {
      OrderedJson one = {{"function", step.function}};
      if (step.function == "regex") {
        one["regex_pattern"] = step.regex_pattern;
        one["group_select"] = step.group_select;
      }
      steps.push_back(one);
    }
    filters.push_back({{"name", filter.name}, {"filter", steps}});
  }
  return filters;
}

// What the results file says of the task.
std::string config_json(const TaskDefinition& d, const std::string& name, int64_t max_new_tokens) {
  OrderedJson config = {{"task", name}};
  if (!d.group.empty()) config["tag"] = d.group;
  config["output_type"] = output_type_name(d.output_type);
  config["description"] = d.description;
  config["doc_to_text"] = d.doc_to_text;
  config["doc_to_target"] = d.doc_to_target;
  if (!d.choices.empty()) config["doc_to_choice"] = d.choices;
  if (!d.doc_to_choice.empty()) config["doc_to_choice"] = d.doc_to_choice;
  config["target_delimiter"] = d.target_delimiter;
  config["fewshot_delimiter"] = d.fewshot_delimiter;
  if (d.sampler == Sampler::first_n) config["fewshot_config"] = {{"sampler", "first_n"}};
  if (d.output_type == OutputType::generate_until) {
    config["generation_kwargs"] = {
        {"until", d.until}, {"do_sample", false}, {"max_gen_toks", max_new_tokens}};
    config["filter_list"] = filters_json(d);
  }
  for (const MetricDefinition& m : d.metrics) config["metric_list"].push_back({{"metric", m.metric}});
  config["metadata"] = {{"version", d.version}};
  return config.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

size_t best_of(const std::vector<double>& scores) {
  return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

// What goes wrong with a record names its place.
template <class F>
auto at(const Record& record, F&& work) {
  try {
    return work(record.fields);
  } catch (const Error& error) {
    throw Error(error.kind(), error.problem(), record.where + " (" + error.where() + ")", error.next());
  }
}

class TemplateTask final : public Task {
 public:
  struct Data {
    std::vector<Record> items, pool;
    std::vector<std::vector<size_t>> draws;  // for each item, of the pool
  };

  TemplateTask(TaskInfo info, TemplatesPtr templates, Data data, const TaskOptions& options)
      : info_(std::move(info)), templates_(std::move(templates)), data_(std::move(data)), options_(options) {
    const TaskDefinition& d = definition();
    partial_ = d.output_type == OutputType::multiple_choice && !data_.items.empty() &&
               templates_->partial_index(data_.items.front().fields).has_value();
    max_new_tokens_ = options.max_new_tokens > 0 ? options.max_new_tokens : d.max_gen_toks;
    for (const AnswerFilter& filter : templates_->filters()) {
      for (const MetricDefinition& m : d.metrics) info_.metrics.push_back(metric_info(m, filter.name()));
    }
    info_.config = config_json(d, info_.name, max_new_tokens_);
    shots_.resize(data_.pool.size());
    for (const std::vector<size_t>& draw : data_.draws) {
      for (const size_t i : draw) {
        if (!shots_[i])
          shots_[i] = at(data_.pool[i], [&](const Fields& f) { return templates_->shot(f, partial_); });
      }
    }
  }

  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return data_.items.size(); }
  std::string document(size_t item) const override {
    return value_json(jinja::Value::dict(data_.items.at(item).fields));
  }
  std::string target(size_t item) const override {
    const Target target = at(data_.items.at(item), [&](const Fields& f) { return templates_->target(f); });
    return target.several ? Json(target.texts).dump() : target.texts.front();
  }
  std::vector<Request> requests(size_t item) const override {
    return at(data_.items.at(item), [&](const Fields& fields) { return make_requests(item, fields); });
  }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    return at(data_.items.at(item), [&](const Fields& fields) {
      switch (definition().output_type) {
        case OutputType::multiple_choice:
          return score_choices(fields, answers);
        case OutputType::loglikelihood:
          return score_likelihood(answers.front());
        case OutputType::loglikelihood_rolling:
          return score_rolling(fields, answers.front());
        case OutputType::generate_until:
          break;
      }
      return score_text(fields, answers.front().text);
    });
  }
  std::string filtered(const std::string& filter, const std::string& text) const override {
    for (const AnswerFilter& known : templates_->filters()) {
      if (known.name() == filter) return known.apply(text);
    }
    return text;
  }

 private:
  const TaskDefinition& definition() const { return templates_->definition(); }

  Prompt prompt(size_t item, const Fields& fields, const std::string& question) const {
    const TaskDefinition& d = definition();
    const std::string prefix = templates_->gen_prefix(fields);
    PromptTurns turns;
    turns.system(join_texts(options_.system_prompt, templates_->description(fields), d.fewshot_delimiter));
    for (const size_t i : data_.draws[item]) {
      const std::string shot_prefix = templates_->gen_prefix(data_.pool[i].fields);
      turns.question(shots_[i]->question, shots_[i]->answer, shot_prefix, d.target_delimiter,
                     d.fewshot_delimiter);
    }
    turns.question(question, "", prefix, partial_ ? "" : d.target_delimiter, "");
    return options_.chat ? turns.conversation(options_.multi_turn) : turns.plain();
  }

  std::vector<Request> make_requests(size_t item, const Fields& fields) const {
    const TaskDefinition& d = definition();
    if (d.output_type == OutputType::loglikelihood_rolling)
      return {RollingRequest{templates_->target(fields).texts.front(), true}};
    if (d.output_type == OutputType::multiple_choice) return choice_requests(item, fields);
    const Prompt asked = prompt(item, fields, templates_->question(fields));
    if (d.output_type == OutputType::loglikelihood)
      return {LikelihoodRequest{asked, templates_->target(fields).texts.front()}};
    return {GenerateUntilRequest{asked, d.until, max_new_tokens_}};
  }

  std::vector<Request> choice_requests(size_t item, const Fields& fields) const {
    const TaskDefinition& d = definition();
    const std::vector<std::string> choices = templates_->choices(fields);
    std::string delimiter = d.target_delimiter;
    if (options_.chat && (d.gen_prefix.empty() || ends_with_space(d.gen_prefix))) delimiter.clear();
    std::vector<Request> requests;
    if (partial_) {
      const std::string continuation = delimiter + templates_->target(fields).texts.front();
      for (const std::string& choice : choices)
        requests.emplace_back(LikelihoodRequest{prompt(item, fields, choice), continuation});
      return requests;
    }
    const Prompt asked = prompt(item, fields, templates_->question(fields));
    for (const std::string& choice : choices)
      requests.emplace_back(LikelihoodRequest{asked, delimiter + choice});
    return requests;
  }

  // The indices of the right choices; -1 for one that is not there.
  std::vector<int64_t> gold(const Fields& fields, const std::vector<std::string>& choices) const {
    if (partial_) return {templates_->partial_index(fields).value_or(-1)};
    const Target target = templates_->target(fields);
    if (!target.indices.empty()) return target.indices;
    std::vector<int64_t> indices;
    for (const std::string& text : target.texts) {
      const auto found = std::find(choices.begin(), choices.end(), text);
      indices.push_back(found == choices.end() ? -1 : found - choices.begin());
    }
    return indices;
  }

  std::vector<MetricValue> score_choices(const Fields& fields, std::span<const Answer> answers) const {
    const std::vector<std::string> choices = templates_->choices(fields);
    const std::vector<int64_t> right = gold(fields, choices);
    const std::vector<bool> labels = templates_->labels(fields);
    std::vector<double> sums, per_character, per_byte;
    for (size_t i = 0; i < answers.size(); ++i) {
      const double sum = answers[i].log_likelihood;
      sums.push_back(sum);
      per_character.push_back(sum / static_cast<double>(count_characters(choices[i])));
      per_byte.push_back(sum / static_cast<double>(choices[i].size()));
    }
    const auto is_right = [&](size_t choice) {
      return std::find(right.begin(), right.end(), static_cast<int64_t>(choice)) != right.end() ? 1.0 : 0.0;
    };
    std::vector<MetricValue> values;
    for (const MetricDefinition& m : definition().metrics) {
      double value = 0;
      if (m.metric == "acc") value = labels.empty() ? is_right(best_of(sums)) : share_of_true(sums, labels);
      if (m.metric == "acc_norm") value = is_right(best_of(per_character));
      if (m.metric == "acc_bytes") value = is_right(best_of(per_byte));
      if (m.metric == "exact_match") {
        for (size_t i = 0; i < answers.size(); ++i)
          value = std::max(value, answers[i].is_greedy ? is_right(i) : 0.0);
      }
      values.push_back({value, 1});
    }
    return values;
  }

  // sum of exp(log-likelihood) over true choices / over all.
  double share_of_true(const std::vector<double>& sums, const std::vector<bool>& labels) const {
    if (labels.size() != sums.size())
      throw Error(ErrorKind::input, fmt::format("{} labels for {} choices", labels.size(), sums.size()),
                  definition().where);
    const double largest = *std::max_element(sums.begin(), sums.end());
    double all = 0, of_true = 0;
    for (size_t i = 0; i < sums.size(); ++i) {
      all += std::exp(sums[i] - largest);
      if (labels[i]) of_true += std::exp(sums[i] - largest);
    }
    return of_true / all;
  }

  std::vector<MetricValue> score_likelihood(const Answer& answer) const {
    std::vector<MetricValue> values;
    for (const MetricDefinition& m : definition().metrics)
      values.push_back({m.metric == "acc" ? (answer.is_greedy ? 1.0 : 0.0) : answer.log_likelihood, 1});
    return values;
  }

  std::vector<MetricValue> score_rolling(const Fields& fields, const Answer& answer) const {
    const std::string text = templates_->counted(fields);
    std::vector<MetricValue> values;
    for (const MetricDefinition& m : definition().metrics) {
      double weight = static_cast<double>(text.size());
      if (m.metric == "word_perplexity") weight = static_cast<double>(count_words(text));
      if (m.metric == "token_perplexity") weight = static_cast<double>(answer.tokens);
      values.push_back({answer.log_likelihood, weight});
    }
    return values;
  }

  std::vector<MetricValue> score_text(const Fields& fields, const std::string& text) const {
    std::vector<std::string> right = templates_->target(fields).texts;
    if (definition().has_choices()) {
      const std::vector<std::string> choices = templates_->choices(fields);
      right.clear();
      for (const int64_t index : gold(fields, choices)) {
        if (index >= 0 && index < static_cast<int64_t>(choices.size()))
          right.push_back(choices[static_cast<size_t>(index)]);
      }
    }
    std::vector<MetricValue> values;
    for (const AnswerFilter& filter : templates_->filters()) {
      const std::string answer = filter.apply(text);
      for (size_t m = 0; m < definition().metrics.size(); ++m) {
        double best = 0;
        for (const std::string& one : right) {
          const bool exact = definition().metrics[m].metric == "exact_match";
          const double value =
              exact ? (templates_->exact_matches()[m].equal(answer, one) ? 1.0 : 0.0) : token_f1(answer, one);
          best = std::max(best, value);
        }
        values.push_back({best, 1});
      }
    }
    return values;
  }

  TaskInfo info_;
  TemplatesPtr templates_;
  Data data_;
  TaskOptions options_;
  std::vector<std::optional<TaskTemplates::Shot>> shots_;  // of the pool, those that are drawn
  bool partial_ = false;
  int64_t max_new_tokens_ = 0;
};

// The harness does not change the shots of a task that says 0 itself: its examples are in the prompt already.
int64_t shots_of(const TaskDefinition& d, const TaskOptions& options) {
  if (d.output_type == OutputType::loglikelihood_rolling) return 0;
  if (d.num_fewshot == 0 || !options.shots) return d.num_fewshot.value_or(0);
  return *options.shots;
}

// What one task is made of, before its examples are drawn.
struct TaskParts {
  TaskInfo info;
  std::vector<Record> items, pool;
};

std::unique_ptr<Task> make_one(TaskParts parts, const TemplatesPtr& templates, bool leave_item_out,
                               const TaskOptions& options) {
  const TaskDefinition& d = templates->definition();
  TemplateTask::Data data{std::move(parts.items), std::move(parts.pool), {}};
  const FewshotDraw draw{d.sampler, parts.info.shots, options.seed, leave_item_out};
  try {
    data.draws = draw_examples(draw, data.items.size(), data.pool.size(), [&](size_t item, size_t example) {
      return jinja::equals(jinja::Value::dict(data.items[item].fields),
                           jinja::Value::dict(data.pool[example].fields));
    });
  } catch (const Error& error) {
    throw Error(error.kind(), error.problem(), parts.info.name, error.next());
  }
  return std::make_unique<TemplateTask>(std::move(parts.info), templates, std::move(data), options);
}

TaskParts read_parts(RecordSource& source, const TaskTemplates& templates, const SubtaskList& list,
                     const std::string& subtask, const TaskOptions& options) {
  const TaskDefinition& d = templates.definition();
  TaskParts parts;
  parts.info.name = d.task;
  if (!subtask.empty()) {
    Fields fields;
    fields.set("subtask", jinja::Value::text(subtask));
    parts.info.name = PromptTemplate(d.task, d.where + ", task").text(fields);
    parts.info.groups.push_back(d.group);
    if (!list.group.empty()) parts.info.groups.push_back(list.group);
  }
  parts.info.version = d.version;
  parts.info.shots = shots_of(d, options);
  parts.items = source.scored(subtask);
  if (parts.info.shots > 0 && !parts.items.empty()) parts.pool = source.examples(subtask);
  return parts;
}

// The task, or its two halves.
std::vector<TaskParts> split_at_date(TaskParts parts, const TaskTemplates& templates,
                                     const std::string& since) {
  std::vector<TaskParts> all;
  if (since.empty() || templates.definition().doc_to_date.empty()) {
    all.push_back(std::move(parts));
    return all;
  }
  TaskParts before{parts.info, {}, parts.pool}, from{parts.info, {}, parts.pool};
  before.info.name += kBefore;
  from.info.name += kFrom;
  for (TaskParts* half : {&before, &from}) half->info.groups.push_back(parts.info.name);
  for (Record& record : parts.items) {
    const std::string date = at(record, [&](const Fields& fields) { return templates.date(fields); });
    require_date(date, record.where);
    (is_before(date, since) ? before : from).items.push_back(std::move(record));
  }
  all.push_back(std::move(before));
  all.push_back(std::move(from));
  return all;
}

}  // namespace

Tasks make_template_tasks(const TaskDefinition& definition, const fs::path& folder,
                          const fs::path& scored_file, const TaskOptions& options) {
  const auto templates = std::make_shared<const TaskTemplates>(definition);
  RecordSource source(templates->definition(), folder, scored_file);
  Tasks tasks;
  const auto add = [&](const SubtaskList& list, const std::string& subtask) {
    for (TaskParts& parts :
         split_at_date(read_parts(source, *templates, list, subtask, options), *templates, options.since)) {
      // A copy of the data may hold some of the subtasks, or one side of the date.
      if (!parts.items.empty())
        tasks.push_back(make_one(std::move(parts), templates, source.examples_hold_items(), options));
    }
  };
  if (definition.subtasks.empty()) add({}, "");
  for (const SubtaskList& list : definition.subtasks) {
    for (const std::string& subtask : list.values) add(list, subtask);
  }
  if (tasks.empty())
    throw Error(ErrorKind::input,
                fmt::format("there is no item of '{}' in its files",
                            definition.group.empty() ? definition.task : definition.group),
                definition.where);
  return tasks;
}

}  // namespace evergreen
