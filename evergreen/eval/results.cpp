#include <algorithm>
#include <array>
#include <cmath>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"
#include "evergreen/eval/run.hpp"

namespace evergreen {
namespace {

std::string key(const MetricInfo& metric, const std::string& suffix = {}) {
  return metric.name + suffix + "," + metric.filter;
}

OrderedJson number_or_na(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson("N/A");
}

OrderedJson task_scores(const TaskResult& task) {
  OrderedJson scores = OrderedJson::object({{"alias", task.task.name}});
  for (const MetricResult& m : task.metrics) {
    scores[key(m.metric)] = number_or_na(m.estimate.value);
    scores[key(m.metric, "_stderr")] = number_or_na(m.estimate.standard_error);
  }
  return scores;
}

OrderedJson prompt_json(const Prompt& prompt) {
  if (prompt.messages.empty()) return prompt.text;
  OrderedJson messages = OrderedJson::array();
  for (const ChatMessage& message : prompt.messages)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  return messages;
}

OrderedJson arguments(const Request& request) {
  if (const auto* l = std::get_if<LikelihoodRequest>(&request)) {
    return {{"arg_0", prompt_json(l->prompt)}, {"arg_1", l->continuation}};
  }
  if (const auto* r = std::get_if<RollingRequest>(&request))
    return OrderedJson::object({{"arg_0", r->document}});
  const auto& g = std::get<GenerateUntilRequest>(request);
  return {{"arg_0", prompt_json(g.prompt)},
          {"arg_1", {{"until", g.until}, {"max_gen_toks", g.max_new_tokens}, {"do_sample", false}}}};
}

OrderedJson response(const Request& request, const Answer& answer) {
  if (std::holds_alternative<LikelihoodRequest>(request)) return {answer.log_likelihood, answer.is_greedy};
  if (std::holds_alternative<RollingRequest>(request)) return answer.log_likelihood;
  return answer.text;
}

std::string one_line(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

// One line for an item and a filter, as lm-evaluation-harness writes them.
OrderedJson sample_json(const TaskResult& task, size_t item, const std::string& filter) {
  const SampleRecord& sample = task.samples[item];
  OrderedJson line{{"doc_id", item}, {"doc", OrderedJson::parse(sample.document)}, {"target", sample.target}};
  OrderedJson responses = OrderedJson::array(), filtered = OrderedJson::array();
  for (size_t r = 0; r < sample.requests.size(); ++r) {
    const OrderedJson answer = response(sample.requests[r], sample.answers[r]);
    line["arguments"][fmt::format("gen_args_{}", r)] = arguments(sample.requests[r]);
    responses.push_back(OrderedJson::array({answer}));
    filtered.push_back(answer);
  }
  line["resps"] = responses;
  line["filtered_resps"] = filtered;
  line["filter"] = filter;
  line["metrics"] = OrderedJson::array();
  for (const MetricResult& m : task.metrics) {
    if (m.metric.filter != filter) continue;
    const MetricValue& v = m.values[item];
    line["metrics"].push_back(m.metric.name);
    line[m.metric.name] = v.weight == 1 ? OrderedJson(v.value) : OrderedJson::array({v.value, v.weight});
  }
  return line;
}

}  // namespace

std::string results_json(const Evaluation& evaluation) {
  OrderedJson out;
  for (const TaskResult& t : evaluation.tasks) {
    const std::string& name = t.task.name;
    out["results"][name] = task_scores(t);
    out["configs"][name] = OrderedJson::parse(t.task.config);
    out["configs"][name]["task"] = name;
    out["configs"][name]["num_fewshot"] = t.task.shots;
    out["versions"][name] = t.task.version;
    out["n-shot"][name] = t.task.shots;
    for (const MetricResult& m : t.metrics)
      out["higher_is_better"][name][m.metric.name] = m.metric.higher_is_better;
    out["n-samples"][name] = {{"original", t.original_items}, {"effective", t.evaluated_items}};
    if (t.truncated_items > 0) out["truncated"][name] = t.truncated_items;
  }
  out["config"] = {{"model", "evergreen"}, {"model_args", "pretrained=" + evaluation.model}};
  out["model_name"] = evaluation.model;
  out["evergreen_version"] = kVersion;
  out["total_evaluation_time_seconds"] = fmt::format("{:.6f}", evaluation.seconds);
  return to_text(out);
}

std::string results_table(const Evaluation& evaluation) {
  std::vector<std::array<std::string, 5>> rows = {{"task", "metric", "value", "+-", "items"}};
  for (const TaskResult& t : evaluation.tasks) {
    for (const MetricResult& m : t.metrics) {
      const bool first = &m == &t.metrics.front();
      const double error = m.estimate.standard_error;
      rows.push_back({first ? t.task.name : "", key(m.metric), fmt::format("{:.4f}", m.estimate.value),
                      std::isfinite(error) ? fmt::format("{:.4f}", error) : "n/a",
                      first ? fmt::format("{}", t.evaluated_items) : ""});
    }
  }
  std::array<size_t, 5> widths{};
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string table;
  for (const auto& row : rows) {
    table += fmt::format("{:<{}}  {:<{}}  {:>{}}  {:>{}}  {:>{}}\n", row[0], widths[0], row[1], widths[1],
                         row[2], widths[2], row[3], widths[3], row[4], widths[4]);
  }
  for (const TaskResult& t : evaluation.tasks) {
    if (t.truncated_items == 0) continue;
    table += fmt::format("{}: {} of {} items had a prompt too long for the model; it lost its start\n",
                         t.task.name, t.truncated_items, t.evaluated_items);
  }
  return table;
}

std::string samples_jsonl(const TaskResult& task) {
  std::vector<std::string> filters;
  for (const MetricResult& m : task.metrics) {
    if (std::find(filters.begin(), filters.end(), m.metric.filter) == filters.end())
      filters.push_back(m.metric.filter);
  }
  std::string lines;
  for (size_t item = 0; item < task.samples.size(); ++item) {
    for (const std::string& filter : filters) lines += one_line(sample_json(task, item, filter)) + "\n";
  }
  return lines;
}

}  // namespace evergreen
