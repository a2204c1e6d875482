// A task: items, each with requests to a language model and a score for the answers. It doesn't know the model.
//
// A score is a ratio over all items, sum(value) / sum(weight), in one of three readings:
//   mean            sum(value) / sum(weight): accuracy; a rate over several checks of an item
//   perplexity      exp(-sum / sum): value a log-likelihood, weight its tokens, words or bytes
//   bits_per_byte   -sum / sum / ln 2
// so that every metric has a standard error by the same formula (statistics.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "evergreen/eval/language_model.hpp"

namespace evergreen {

using Request = std::variant<LikelihoodRequest, RollingRequest, GenerateUntilRequest>;

enum class Aggregation { mean, perplexity, bits_per_byte };

struct MetricInfo {
  std::string name;             // "acc"
  std::string filter = "none";  // how the answer was read: "none", "strict", "normalized"
  Aggregation aggregation = Aggregation::mean;
  bool higher_is_better = true;
};

struct MetricValue {
  double value = 0, weight = 1;
};

struct TaskInfo {
  std::string name;  // "qa:news", unique in a run
  double version = 1;
  int64_t shots = 0;
  std::vector<MetricInfo> metrics;
  std::string config = "{}";  // a JSON object: what the results file says of the task
  std::vector<std::string> groups =
      {};  // that it is scored together with, the largest first: "mmlu", "mmlu_stem"
};

class Task {
 public:
  virtual ~Task() = default;
  virtual const TaskInfo& info() const = 0;
  virtual size_t size() const = 0;
  virtual std::vector<Request> requests(size_t item) const = 0;
  // One value for each of info().metrics, in their order.
  virtual std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const = 0;
  virtual std::string document(size_t item) const = 0;  // the item as a JSON value, for the samples file
  virtual std::string target(size_t item) const = 0;  // the right answer, for the samples file; may be empty
  // What a metric's filter reads out of a text, for the samples file.
  virtual std::string filtered(const std::string& filter, const std::string& text) const {
    static_cast<void>(filter);
    return text;
  }
};

// A task of ready-made items, each with its own score: for programs that make their items, such as the demo's world.
struct FunctionItem {
  std::vector<Request> requests;
  std::function<std::vector<MetricValue>(std::span<const Answer>)> score;
  std::string document = "{}";
  std::string target;
};

class FunctionTask final : public Task {
 public:
  FunctionTask(TaskInfo info, std::vector<FunctionItem> items)
      : info_(std::move(info)), items_(std::move(items)) {}
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return items_.size(); }
  std::vector<Request> requests(size_t item) const override { return items_.at(item).requests; }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    return items_.at(item).score(answers);
  }
  std::string document(size_t item) const override { return items_.at(item).document; }
  std::string target(size_t item) const override { return items_.at(item).target; }

 private:
  TaskInfo info_;
  std::vector<FunctionItem> items_;
};

// One request and one yes-or-no check of the text, as the metric `metric`.
FunctionItem checked_item(Request request, std::function<bool(const std::string& text)> check);

}  // namespace evergreen
