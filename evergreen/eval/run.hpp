// Tasks over a language model, and the results.
//
// All requests of one kind, of all tasks, go to the model in one batch. Results and samples are written in
// the shape of lm-evaluation-harness 0.4 ("results" with "metric,filter" and "metric_stderr,filter", "groups",
// "group_subtasks", "configs", "versions", "n-shot", "higher_is_better", "n-samples"), so that its readers read them.
// "confidence_intervals" is ours: 95 %, by percentiles of a bootstrap over items (1000 draws, seed 1234).
//
// Errors    Error{usage} for no task or two of the same name, Error{input} for a task without items; those of the model.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "evergreen/eval/statistics.hpp"
#include "evergreen/eval/task.hpp"

namespace evergreen {

struct RunOptions {
  int64_t limit = 0;          // the first items of each task; 0: all
  bool keep_samples = false;  // requests and answers of each item, for samples_text()
};

struct MetricResult {
  MetricInfo metric;
  Estimate estimate;                // aggregated; NaN error where one item gives none
  Interval interval;                // 95 %: Wilson for rates of yes and no, else the normal one
  std::vector<MetricValue> values;  // of each item, in order: paired_difference() compares two arms by them
};

struct SampleRecord {
  std::vector<Request> requests;
  std::vector<Answer> answers;
  std::string document, target;
  std::map<std::string, std::string> filtered = {};  // of a generated answer, by filter
};

struct TaskResult {
  TaskInfo task;
  int64_t original_items = 0, evaluated_items = 0;
  int64_t truncated_items = 0;  // with a prompt that lost its start
  std::vector<MetricResult> metrics;
  std::vector<SampleRecord> samples;  // empty unless asked for
};

struct Evaluation {
  std::string model;
  std::string weights = "float32";  // recorded in results: what the model computed with
  double seconds = 0;
  std::vector<TaskResult> tasks;
};

using Tasks = std::vector<std::unique_ptr<Task>>;

Evaluation evaluate(LanguageModel& model, const Tasks& tasks, const RunOptions& options = {},
                    const ModelHooks& hooks = {});

// Error{usage} with the nearest name for a task or metric that was not run.
const MetricResult& find_metric(const Evaluation& evaluation, const std::string& task,
                                const std::string& metric, const std::string& filter = "none");

// 95 % around an estimate of these values: Wilson for rates of yes and no, else the normal one.
Interval metric_interval(const Estimate& estimate, const std::vector<MetricValue>& values);

// The difference of two arms in one metric over the same items: value / weight of each item.
PairedDifference compare_arms(const MetricResult& a, const MetricResult& b);

std::string results_json(const Evaluation& evaluation);   // lm-evaluation-harness' results file
std::string results_table(const Evaluation& evaluation);  // for people
// Several models side by side, over the tasks and metrics they share.
std::string models_table(const std::vector<Evaluation>& evaluations);
std::string samples_jsonl(const TaskResult& task);  // lm-evaluation-harness' samples file

}  // namespace evergreen
