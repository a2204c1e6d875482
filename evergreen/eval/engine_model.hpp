// A LanguageModel on the engine: tokens, chat template, windows, truncation as lm-evaluation-harness has them.
//
// Pairs     white space at the end of the context belongs to the continuation; both are encoded as one
//           text and split where the tokens of the context alone would end. Where no token is left for the
//           continuation then, the two are encoded apart.
// Begun     a conversation that ends with the assistant is rendered up to the end of what it says so far
//           (transformers' continue_final_message).
// Too long  a prompt loses its start: for a likelihood what does not fit into the model's longest
//           sequence, for generation so much that max_new_tokens fit behind it, but never below half the
//           longest sequence. How many tokens were lost is in the answer.
#pragma once

#include <string>
#include <vector>

#include "evergreen/eval/language_model.hpp"
#include "evergreen/generate/score.hpp"
#include "evergreen/generate/text_generation.hpp"

namespace evergreen {

struct EngineModelOptions {
  EngineOptions engine;
  std::string system_prompt;  // opens every conversation that has no system turn of its own; empty: none
};

class EngineModel final : public LanguageModel {
 public:
  explicit EngineModel(TextModel model, EngineModelOptions options = {})
      : model_(std::move(model)), options_(std::move(options)) {}

  std::string name() const override { return model_.name; }
  std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests,
                                 const ModelHooks& hooks) override;
  std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks& hooks) override;
  std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                     const ModelHooks& hooks) override;

  const TextModel& text_model() const { return model_; }

 private:
  std::string render(const Prompt& prompt) const;
  ScoreRequest encode_pair(const LikelihoodRequest& request) const;

  TextModel model_;
  EngineModelOptions options_;
};

}  // namespace evergreen
