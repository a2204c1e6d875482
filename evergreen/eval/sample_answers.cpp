#include "evergreen/eval/sample_answers.hpp"

namespace evergreen {
namespace {

const Prompt* prompt_of(const Request& request) {
  if (const auto* l = std::get_if<LikelihoodRequest>(&request)) return &l->prompt;
  if (const auto* g = std::get_if<GenerateUntilRequest>(&request)) return &g->prompt;
  return nullptr;  // of a document, the answer counts all tokens
}

double prompt_tokens(const Request& request, const Tokenizer& tokenizer) {
  const Prompt* prompt = prompt_of(request);
  if (prompt == nullptr) return 0;
  auto tokens = static_cast<double>(tokenizer.encode(prompt->text).size());
  for (const ChatMessage& message : prompt->messages)
    tokens += static_cast<double>(tokenizer.encode(message.content).size());
  return tokens;
}

}  // namespace

std::vector<SampleAnswer> first_answers(const Evaluation& evaluation, size_t count) {
  std::vector<SampleAnswer> answers;
  bool any = true;
  for (size_t i = 0; any && answers.size() < count; ++i) {
    any = false;
    for (const TaskResult& task : evaluation.tasks) {
      if (i >= task.samples.size()) continue;
      any = true;
      const SampleRecord& sample = task.samples[i];
      const auto* request = std::get_if<GenerateUntilRequest>(&sample.requests.front());
      if (request == nullptr || answers.size() >= count) continue;
      const Prompt& prompt = request->prompt;
      answers.push_back({prompt.messages.empty() ? prompt.text : prompt.messages.back().content,
                         sample.target, sample.answers.front().text});
    }
  }
  return answers;
}

double evaluated_tokens(const Evaluation& evaluation, const Tokenizer& tokenizer) {
  double tokens = 0;
  for (const TaskResult& task : evaluation.tasks) {
    for (const SampleRecord& sample : task.samples) {
      for (size_t i = 0; i < sample.requests.size(); ++i)
        tokens +=
            prompt_tokens(sample.requests[i], tokenizer) + static_cast<double>(sample.answers[i].tokens);
    }
  }
  return tokens;
}

}  // namespace evergreen
