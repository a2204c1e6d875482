#include "evergreen/eval/run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

// Requests of all tasks, by kind, each with the place its answer goes to.
struct Batches {
  std::vector<LikelihoodRequest> likelihood;
  std::vector<RollingRequest> rolling;
  std::vector<GenerateUntilRequest> generate_until;
  std::vector<Answer*> likelihood_answers, rolling_answers, generate_until_answers;

  void add(Request request, Answer* answer) {
    if (auto* l = std::get_if<LikelihoodRequest>(&request)) {
      likelihood.push_back(std::move(*l));
      likelihood_answers.push_back(answer);
    } else if (auto* r = std::get_if<RollingRequest>(&request)) {
      rolling.push_back(std::move(*r));
      rolling_answers.push_back(answer);
    } else {
      generate_until.push_back(std::move(std::get<GenerateUntilRequest>(request)));
      generate_until_answers.push_back(answer);
    }
  }
};

void deliver(std::vector<Answer> answers, const std::vector<Answer*>& places) {
  if (answers.size() != places.size()) {
    throw Error(ErrorKind::internal, fmt::format("{} answers to {} requests", answers.size(), places.size()));
  }
  for (size_t i = 0; i < answers.size(); ++i) *places[i] = std::move(answers[i]);
}

void ask(LanguageModel& model, const Batches& batches, const ModelHooks& hooks) {
  if (!batches.rolling.empty()) deliver(model.rolling(batches.rolling, hooks), batches.rolling_answers);
  if (!batches.likelihood.empty())
    deliver(model.likelihood(batches.likelihood, hooks), batches.likelihood_answers);
  if (!batches.generate_until.empty()) {
    deliver(model.generate_until(batches.generate_until, hooks), batches.generate_until_answers);
  }
}

void require_tasks(const Tasks& tasks) {
  if (tasks.empty()) throw Error(ErrorKind::usage, "no task is given");
  std::map<std::string, int> count;
  for (const auto& task : tasks) {
    const std::string& name = task->info().name;
    if (++count[name] > 1) {
      throw Error(ErrorKind::usage, fmt::format("two tasks have the name '{}'", name), {},
                  "rename one of the files");
    }
    if (task->size() == 0) throw Error(ErrorKind::input, "the task has no item", name);
  }
}

Estimate aggregate(const MetricInfo& metric, const std::vector<MetricValue>& values) {
  std::vector<double> numerators, denominators;
  for (const MetricValue& v : values) {
    numerators.push_back(v.value);
    denominators.push_back(v.weight);
  }
  Estimate e = ratio_estimate(numerators, denominators);
  switch (metric.aggregation) {
    case Aggregation::mean:
      return e;
    case Aggregation::perplexity:
      e.value = std::exp(-e.value);
      e.standard_error *= e.value;  // the first-order error of exp
      return e;
    case Aggregation::bits_per_byte:
      e.value = -e.value / std::numbers::ln2;
      e.standard_error /= std::numbers::ln2;
      return e;
  }
  return e;
}

}  // namespace

Interval metric_interval(const Estimate& e, const std::vector<MetricValue>& values) {
  const bool yes_or_no = std::all_of(values.begin(), values.end(), [](const MetricValue& v) {
    return v.weight == 1 && (v.value == 0 || v.value == 1);
  });
  if (yes_or_no) {
    const auto n = static_cast<double>(e.items);
    return wilson_interval(std::round(e.value * n), n);
  }
  constexpr double kTwoSided95 = 1.959963984540054;
  return {e.value - kTwoSided95 * e.standard_error, e.value + kTwoSided95 * e.standard_error};
}

namespace {

TaskResult score_task(const Task& task, std::vector<SampleRecord> samples, bool keep) {
  TaskResult result{
      task.info(), static_cast<int64_t>(task.size()), static_cast<int64_t>(samples.size()), 0, {}, {}};
  for (const MetricInfo& metric : task.info().metrics) result.metrics.push_back({metric, {}, {}, {}});
  for (size_t item = 0; item < samples.size(); ++item) {
    const std::vector<Answer>& answers = samples[item].answers;
    if (std::any_of(answers.begin(), answers.end(), [](const Answer& a) { return a.dropped_tokens > 0; })) {
      ++result.truncated_items;
    }
    const std::vector<MetricValue> values = task.score(item, samples[item].answers);
    if (values.size() != result.metrics.size()) {
      throw Error(ErrorKind::internal,
                  fmt::format("{} values for {} metrics", values.size(), result.metrics.size()),
                  fmt::format("{}, item {}", task.info().name, item));
    }
    for (size_t m = 0; m < values.size(); ++m) result.metrics[m].values.push_back(values[m]);
  }
  for (MetricResult& m : result.metrics) {
    m.estimate = aggregate(m.metric, m.values);
    m.interval = metric_interval(m.estimate, m.values);
  }
  if (!keep) return result;
  for (SampleRecord& sample : samples) {
    if (!std::holds_alternative<GenerateUntilRequest>(sample.requests.front())) continue;
    for (const MetricInfo& metric : task.info().metrics)
      sample.filtered[metric.filter] = task.filtered(metric.filter, sample.answers.front().text);
  }
  result.samples = std::move(samples);
  return result;
}

}  // namespace

Evaluation evaluate(LanguageModel& model, const Tasks& tasks, const RunOptions& options,
                    const ModelHooks& hooks) {
  require_tasks(tasks);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::vector<SampleRecord>> samples(tasks.size());
  Batches batches;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const size_t size = tasks[t]->size();
    samples[t].resize(options.limit > 0 ? std::min(size, static_cast<size_t>(options.limit)) : size);
    for (size_t item = 0; item < samples[t].size(); ++item) {
      SampleRecord& sample = samples[t][item];
      std::vector<Request> requests = tasks[t]->requests(item);
      sample.answers.resize(requests.size());
      if (options.keep_samples) sample.requests = requests;
      for (size_t r = 0; r < requests.size(); ++r) batches.add(std::move(requests[r]), &sample.answers[r]);
      if (!options.keep_samples) continue;
      sample.document = tasks[t]->document(item);
      sample.target = tasks[t]->target(item);
    }
  }
  ask(model, batches, hooks);
  Evaluation evaluation;
  evaluation.model = model.name();
  for (size_t t = 0; t < tasks.size(); ++t) {
    evaluation.tasks.push_back(score_task(*tasks[t], std::move(samples[t]), options.keep_samples));
  }
  evaluation.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return evaluation;
}

const MetricResult& find_metric(const Evaluation& evaluation, const std::string& task,
                                const std::string& metric, const std::string& filter) {
  const std::string wanted = metric + "," + filter;
  std::vector<std::string> known_tasks;
  for (const TaskResult& t : evaluation.tasks) {
    known_tasks.push_back(t.task.name);
    if (t.task.name != task) continue;
    std::vector<std::string> known;
    for (const MetricResult& m : t.metrics) {
      known.push_back(m.metric.name + "," + m.metric.filter);
      if (known.back() == wanted) return m;
    }
    throw Error(ErrorKind::usage, fmt::format("the task has no metric '{}'", wanted), task,
                suggest_name(wanted, known));
  }
  throw Error(ErrorKind::usage, fmt::format("the task '{}' was not run", task), {},
              suggest_name(task, known_tasks));
}

PairedDifference compare_arms(const MetricResult& a, const MetricResult& b) {
  const auto scores = [](const MetricResult& m) {
    std::vector<double> values;
    for (const MetricValue& v : m.values) values.push_back(v.value / v.weight);
    return values;
  };
  return paired_difference(scores(a), scores(b));
}

}  // namespace evergreen
