#include <algorithm>

#include "evergreen/eval/checks.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {
namespace {

constexpr int64_t kResponseTokens = 256;

struct Instruction {
  std::string prompt, document;
  std::vector<ResponseCheck> checks;
};

Instruction read_instruction(const JsonLine& line) {
  Instruction item{json_get<std::string>(line.value, "prompt", line.where), line.value.dump(), {}};
  const Json checks = json_get<Json>(line.value, "checks", line.where);
  if (!checks.is_array() || checks.empty()) {
    throw Error(ErrorKind::input, "'checks' is not a list with at least one check", line.where);
  }
  for (const Json& check : checks) item.checks.push_back(make_check(check.dump(), line.where));
  return item;
}

// As IFEval reports: the share of prompts with every check passed, and of all checks passed.
class InstructionsTask final : public Task {
 public:
  InstructionsTask(std::string name, std::vector<Instruction> items, const TaskOptions& options)
      : items_(std::move(items)), chat_(options.chat) {
    if (options.max_new_tokens > 0) max_new_tokens_ = options.max_new_tokens;
    info_.name = std::move(name);
    info_.metrics = {{"prompt_level_acc"}, {"inst_level_acc"}};
    info_.config =
        OrderedJson{{"output_type", "generate_until"},
                    {"doc_to_text", "{{prompt}}"},
                    {"generation_kwargs", {{"max_gen_toks", max_new_tokens_}, {"do_sample", false}}}}
            .dump();
  }
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return items_.size(); }
  std::vector<Request> requests(size_t item) const override {
    GenerateUntilRequest request;
    request.max_new_tokens = max_new_tokens_;
    if (chat_)
      request.prompt.messages = {{"user", items_.at(item).prompt}};
    else
      request.prompt.text = items_.at(item).prompt;
    return {request};
  }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    const std::vector<ResponseCheck>& checks = items_.at(item).checks;
    const auto passed = std::count_if(checks.begin(), checks.end(), [&](const ResponseCheck& check) {
      return check(answers.front().text);
    });
    const auto all = static_cast<double>(checks.size());
    return {{static_cast<double>(passed) == all ? 1.0 : 0.0, 1}, {static_cast<double>(passed), all}};
  }
  std::string document(size_t item) const override { return items_.at(item).document; }
  std::string target(size_t) const override { return {}; }

 private:
  TaskInfo info_;
  std::vector<Instruction> items_;
  bool chat_;
  int64_t max_new_tokens_ = kResponseTokens;
};

}  // namespace

std::unique_ptr<Task> instructions_task(std::string name, const fs::path& file, const TaskOptions& options) {
  std::vector<Instruction> items;
  for (const JsonLine& line : read_json_lines(file)) items.push_back(read_instruction(line));
  return std::make_unique<InstructionsTask>(std::move(name), std::move(items), options);
}

}  // namespace evergreen
