#include <algorithm>
#include <cmath>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/run.hpp"
#include "evergreen/text/jinja/value.hpp"

namespace evergreen {
namespace {

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

// The harness writes all of an answer as texts, numbers as Python's repr.
OrderedJson response(const Request& request, const Answer& answer) {
  const std::string sum = jinja::real_to_text(answer.log_likelihood);
  if (std::holds_alternative<LikelihoodRequest>(request)) return {sum, answer.is_greedy ? "True" : "False"};
  if (std::holds_alternative<RollingRequest>(request)) return sum;
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
    const auto read = sample.filtered.find(filter);
    filtered.push_back(read == sample.filtered.end() ? answer : OrderedJson(read->second));
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

std::string samples_jsonl(const TaskResult& task) {
  std::vector<std::string> filters;
  for (const MetricResult& m : task.metrics) {
    if (std::find(filters.begin(), filters.end(), m.metric.filter) == filters.end())
      filters.push_back(m.metric.filter);
  }
  std::string lines;
  for (const std::string& filter : filters) {
    for (size_t item = 0; item < task.samples.size(); ++item)
      lines += one_line(sample_json(task, item, filter)) + "\n";
  }
  return lines;
}

}  // namespace evergreen
