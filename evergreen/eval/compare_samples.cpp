#include <algorithm>
#include <map>
#include <regex>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/compare.hpp"
#include "evergreen/eval/json_lines.hpp"

namespace evergreen {
namespace {

struct Scores {
  std::vector<MetricInfo> metrics;                               // in order of the file
  std::map<std::string, std::map<int64_t, MetricValue>> values;  // by "metric,filter" and document
  std::map<int64_t, std::string> documents;
};

struct Directory {
  std::string name;
  std::vector<std::string> order;
  std::map<std::string, Scores> tasks;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      groups;  // with their tasks, smaller groups resolved
};

Aggregation aggregation_of(const std::string& metric) {
  if (metric.ends_with("perplexity")) return Aggregation::perplexity;
  return metric == "bits_per_byte" ? Aggregation::bits_per_byte : Aggregation::mean;
}

// A number, a pair of value and weight, or (IFEval) a list of yes and no.
std::optional<MetricValue> metric_value(const Json& json) {
  if (json.is_boolean()) return MetricValue{json.get<bool>() ? 1.0 : 0.0, 1};
  if (json.is_number()) return MetricValue{json.get<double>(), 1};
  if (!json.is_array() || json.empty()) return std::nullopt;
  if (std::all_of(json.begin(), json.end(), [](const Json& x) { return x.is_boolean(); })) {
    const auto yes = std::count(json.begin(), json.end(), Json(true));
    return MetricValue{static_cast<double>(yes), static_cast<double>(json.size())};
  }
  if (json.size() == 2 && json[0].is_number() && json[1].is_number())
    return MetricValue{json[0].get<double>(), json[1].get<double>()};
  return std::nullopt;
}

void read_samples(const fs::path& file, Scores& scores) {
  for (const JsonLine& line : read_json_lines(file)) {
    const auto document = json_get<int64_t>(line.value, "doc_id", line.where);
    const std::string filter = json_get_or<std::string>(line.value, "filter", "none", line.where);
    scores.documents[document] =
        line.value.value("doc", Json()).dump(-1, ' ', false, Json::error_handler_t::replace);
    for (const auto& metric : json_get<std::vector<std::string>>(line.value, "metrics", line.where)) {
      const auto value = metric_value(line.value.value(metric, Json()));
      if (!value) continue;
      const std::string key = metric + "," + filter;
      if (!scores.values.contains(key))
        scores.metrics.push_back({metric, filter, aggregation_of(metric), true});
      scores.values[key][document] = *value;
    }
  }
}

// "samples_mmlu_law_2026-11-24T18-00-00.123456.jsonl" -> "mmlu_law"; empty for another name.
std::string task_of(const fs::path& file) {
  static const std::regex pattern(R"(samples_(.+?)(_\d{4}-\d\d-\d\dT[0-9.\-]+)?\.jsonl)");
  std::smatch match;
  const std::string name = file.filename().string();
  return std::regex_match(name, match, pattern) ? match[1].str() : std::string();
}

void read_groups(const fs::path& file, Directory& directory) {
  const Json results = read_json(file);
  directory.name = json_get_or<std::string>(results, "model_name", directory.name, file.string());
  const Json subtasks = results.value("group_subtasks", Json::object());
  for (const auto& [group, members] : subtasks.items()) {
    std::vector<std::string> open = members.get<std::vector<std::string>>(), leaves;
    while (!open.empty()) {
      const std::string name = open.back();
      open.pop_back();
      const Json inner = subtasks.value(name, Json::array());
      if (inner.empty()) leaves.push_back(name);
      for (const Json& one : inner) open.push_back(one.get<std::string>());
    }
    if (!leaves.empty()) directory.groups.emplace_back(group, std::move(leaves));
  }
}

Directory read_directory(const fs::path& path) {
  if (!fs::is_directory(path))
    throw Error(ErrorKind::input, "this is not a directory of samples", path.string());
  Directory directory;
  directory.name = path.string();
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    if (file.filename().string().starts_with("results") && file.extension() == ".json")
      read_groups(file, directory);
    const std::string task = task_of(file);
    if (task.empty()) continue;
    if (directory.tasks.contains(task))
      throw Error(ErrorKind::input, fmt::format("two files hold samples of '{}'", task), path.string(),
                  "keep those of one run only");
    directory.order.push_back(task);
    read_samples(file, directory.tasks[task]);
  }
  if (directory.order.empty())
    throw Error(ErrorKind::input, "there is no samples_TASK.jsonl", path.string(),
                "evergreen eval --samples DIR");
  return directory;
}

using Values = std::vector<MetricValue>;

Values values_of(const Scores& scores, const std::string& key) {
  Values values;
  for (const auto& [document, value] : scores.values.at(key)) values.push_back(value);
  return values;
}

void add_row(Comparisons& all, const std::string& task, const MetricInfo& metric, const Values& a,
             const Values& b) {
  Comparison& row = all.rows.emplace_back(compare_values(a, b, metric.aggregation));
  row.task = task;
  row.metric = metric.name;
  row.filter = metric.filter;
}

// What both have of one task, for each metric.
std::vector<std::pair<MetricInfo, std::pair<Values, Values>>> common(const Directory& a, const Directory& b,
                                                                     const std::string& task) {
  std::vector<std::pair<MetricInfo, std::pair<Values, Values>>> all;
  const auto in_a = a.tasks.find(task), in_b = b.tasks.find(task);
  if (in_a == a.tasks.end() || in_b == b.tasks.end()) return all;
  if (in_a->second.documents != in_b->second.documents) {
    throw Error(ErrorKind::input, fmt::format("the samples of '{}' are of different items", task),
                a.name + ", " + b.name, "the same data and the same --limit for both");
  }
  for (const MetricInfo& metric : in_a->second.metrics) {
    const std::string key = metric.name + "," + metric.filter;
    if (in_b->second.values.contains(key))
      all.push_back({metric, {values_of(in_a->second, key), values_of(in_b->second, key)}});
  }
  return all;
}

void add_group(Comparisons& all, const Directory& a, const Directory& b, const std::string& group,
               const std::vector<std::string>& tasks) {
  std::map<std::string, std::pair<Values, Values>> pooled;
  std::map<std::string, MetricInfo> metrics;
  for (const std::string& task : tasks) {
    for (auto& [metric, values] : common(a, b, task)) {
      const std::string key = metric.name + "," + metric.filter;
      metrics[key] = metric;
      auto& [of_a, of_b] = pooled[key];
      of_a.insert(of_a.end(), values.first.begin(), values.first.end());
      of_b.insert(of_b.end(), values.second.begin(), values.second.end());
    }
  }
  for (const auto& [key, values] : pooled) add_row(all, group, metrics[key], values.first, values.second);
}

}  // namespace

Comparisons compare_samples(const fs::path& a, const fs::path& b) {
  const Directory of_a = read_directory(a), of_b = read_directory(b);
  Comparisons all{of_a.name, of_b.name, {}};
  for (const auto& [group, tasks] : of_a.groups) add_group(all, of_a, of_b, group, tasks);
  for (const std::string& task : of_a.order) {
    for (const auto& [metric, values] : common(of_a, of_b, task))
      add_row(all, task, metric, values.first, values.second);
  }
  if (all.rows.empty())
    throw Error(ErrorKind::usage, "the two have no task in common", of_a.name + ", " + of_b.name);
  return all;
}

}  // namespace evergreen
