// A language model whose answers are given by functions of the request's text.
#pragma once

#include <functional>

#include "evergreen/eval/language_model.hpp"

namespace evergreen::test {

inline std::string prompt_text(const Prompt& prompt) {
  std::string text = prompt.text;
  for (const ChatMessage& message : prompt.messages) text += "<" + message.role + ">" + message.content;
  return text;
}

class ToyModel final : public LanguageModel {
 public:
  std::function<double(const std::string& prompt, const std::string& continuation)> log_likelihood;
  std::function<Answer(const std::string& document)> document;
  std::function<std::string(const std::string& prompt, const GenerateUntilRequest&)> say;
  int calls = 0;

  std::string name() const override { return "toy"; }
  std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests, const ModelHooks&) override {
    ++calls;
    std::vector<Answer> answers;
    for (const LikelihoodRequest& r : requests)
      answers.push_back({.log_likelihood = log_likelihood(prompt_text(r.prompt), r.continuation)});
    return answers;
  }
  std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks&) override {
    ++calls;
    std::vector<Answer> answers;
    for (const RollingRequest& r : requests) answers.push_back(document(r.document));
    return answers;
  }
  std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                     const ModelHooks&) override {
    ++calls;
    std::vector<Answer> answers;
    for (const GenerateUntilRequest& r : requests) answers.push_back({.text = say(prompt_text(r.prompt), r)});
    return answers;
  }
};

}  // namespace evergreen::test
