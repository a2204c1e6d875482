#include "evergreen/pipeline/scale_search.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/hash.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/item_scores.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/tasks.hpp"
#include "evergreen/pipeline/evaluate_model.hpp"

namespace evergreen {
namespace {

std::string question_of(const Request& request) {
  const Prompt* prompt = nullptr;
  if (const auto* l = std::get_if<LikelihoodRequest>(&request)) prompt = &l->prompt;
  if (const auto* g = std::get_if<GenerateUntilRequest>(&request)) prompt = &g->prompt;
  if (prompt == nullptr) return std::get<RollingRequest>(request).document;
  return prompt->messages.empty() ? prompt->text : prompt->messages.back().content;
}

// What makes two items the same: their records, or what is asked.
std::map<std::string, std::string> item_keys(const Tasks& tasks) {
  std::map<std::string, std::string> keys;  // -> where
  for (const auto& task : tasks) {
    for (size_t i = 0; i < task->size(); ++i) {
      const std::string where = fmt::format("{}, item {}", task->info().name, i + 1);
      keys.emplace("record " + task->document(i), where);
      for (const Request& request : task->requests(i))
        keys.emplace("question " + question_of(request), where);
    }
  }
  return keys;
}

void require_usable(const Task& task) {
  const MetricInfo& metric = task.info().metrics.front();
  if (metric.aggregation != Aggregation::mean || !metric.higher_is_better)
    throw Error(ErrorKind::usage, fmt::format("'{}' does not measure how prompts are followed", metric.name),
                task.info().name,
                "give --scale-prompts a file of prompts with checks, or a task such as ifeval:FILE");
  if (task.size() < 2) throw Error(ErrorKind::input, "one prompt cannot tell scales apart", task.info().name);
}

void require_grid(const std::vector<double>& grid) {
  if (grid.empty() || !std::all_of(grid.begin(), grid.end(), [](double s) { return std::isfinite(s); }))
    throw Error(ErrorKind::usage, "the grid of scales is empty, or not of finite numbers");
}

}  // namespace

SearchTasks check_scale_search(const ScaleSearch& search, const std::vector<std::string>& reported_tasks,
                               const TaskOptions& options) {
  require_grid(search.grid);
  if (search.tasks.empty())
    throw Error(ErrorKind::usage, "--scale auto has no prompts to measure on", {},
                "give --scale-prompts FILE: prompts with checks that are not among --tasks");
  const Tasks tasks = make_tasks(search.tasks, options);
  SearchTasks checked;
  for (const auto& task : tasks) {
    require_usable(*task);
    const MetricInfo& metric = task->info().metrics.front();
    checked.scores.push_back({task->info().name, metric.name + "," + metric.filter});
  }
  const auto mine = item_keys(tasks), reported = item_keys(make_tasks(reported_tasks, options));
  std::string all;
  for (const auto& [key, where] : mine) {
    const auto found = reported.find(key);
    if (found != reported.end())
      throw Error(ErrorKind::input,
                  "a prompt of the search for the scale is also among those that are reported",
                  fmt::format("{} and {}", where, found->second),
                  "divide the prompts: a score on prompts that chose the scale is too good");
    all += key + '\n';
  }
  checked.identity = to_string(hash_text(all));
  return checked;
}

void divide_held_out(const fs::path& held_out, const fs::path& search, const fs::path& report) {
  std::map<std::string, std::string> by_hash;  // of distinct texts -> their lines
  if (fs::exists(held_out) && fs::file_size(held_out) > 0) {
    for (const JsonLine& line : read_json_lines(held_out))
      by_hash[to_string(hash_text(json_get<std::string>(line.value, "text", line.where)))] +=
          line.value.dump() + "\n";
  }
  if (by_hash.size() < 2)
    throw Error(
        ErrorKind::input,
        fmt::format("--scale auto needs two different held-out documents, there are {}", by_hash.size()),
        held_out.string(), "raise --held-out, or give a number as --scale");
  std::string first, second;
  size_t number = 0;
  for (const auto& [hash, lines] : by_hash) (number++ < by_hash.size() / 2 ? first : second) += lines;
  fs::create_directories(search.parent_path());
  replace_file(search, first);
  replace_file(report, second);
}

ScalePoint scale_point(double scale, const std::string& evaluation, const SearchTasks& tasks) {
  const std::string where = fmt::format("the evaluation at scale {}", scale);
  const ItemScoresByName items =
      read_item_scores(json_get<Json>(parse_json(evaluation, where), "items", where).dump(), where);
  const auto estimate = [&](const ScoreName& name) {
    std::vector<double> values, weights;
    for (const MetricValue& v : items.at(name.task).at(name.metric).values)
      values.push_back(v.value), weights.push_back(v.weight);
    return ratio_estimate(values, weights);
  };
  ScalePoint point{.scale = scale};
  double variance = 0;
  const auto count = static_cast<double>(tasks.scores.size());
  for (const ScoreName& name : tasks.scores) {
    const Estimate e = estimate(name);
    point.score += e.value / count;
    variance += e.standard_error * e.standard_error;
  }
  point.score_error = std::sqrt(variance) / count;
  point.perplexity = std::exp(-estimate({kNewText, "token_perplexity,none"}).value);
  return point;
}

}  // namespace evergreen
