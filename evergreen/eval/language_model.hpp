// What a task may ask of a language model, in text: three kinds of request, answered in batches.
//
// The task knows neither tokens nor the engine; a test answers with a toy.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/text/chat_template.hpp"

namespace evergreen {

// Raw text, or a conversation that the model's chat template turns into text with the assistant's turn opened.
struct Prompt {
  std::string text;
  std::vector<ChatMessage> messages;  // where there is one, `text` is not used
};

// log p(continuation | prompt).
struct LikelihoodRequest {
  Prompt prompt;
  std::string continuation;
};

// log p of a whole document, from its first token on.
struct RollingRequest {
  std::string document;
  // With the special tokens that the tokenizer itself puts around a text, as lm-evaluation-harness scores it: a BOS is then
  // predicted too, from the BOS in front of all.
  bool with_special_tokens = false;
};

// Greedy text after the prompt, up to one of `until`, the end of the model's turn or the number of tokens.
struct GenerateUntilRequest {
  Prompt prompt;
  std::vector<std::string> until;
  int64_t max_new_tokens = 256;
};

struct Answer {
  double log_likelihood = 0;   // of the first two kinds
  bool is_greedy = false;      // likelihood: greedy generation would have said the same
  int64_t tokens = 0;          // scored or generated
  std::string text = {};       // generated, without the stop string
  std::string finish = {};     // "stop_token", "stop_string", "length", "context"
  int64_t dropped_tokens = 0;  // of a prompt that was too long, at its start
};

struct ModelHooks {
  ProgressFn progress;
  const StopFlag* stop = nullptr;
};

class LanguageModel {
 public:
  virtual ~LanguageModel() = default;
  virtual std::string name() const = 0;

  // In the order of the requests.
  virtual std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests,
                                         const ModelHooks& hooks) = 0;
  virtual std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks& hooks) = 0;
  virtual std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                             const ModelHooks& hooks) = 0;
};

}  // namespace evergreen
