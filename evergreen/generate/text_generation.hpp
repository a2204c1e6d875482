// Generation from tokens to text: streaming, stop strings, special tokens left out.
//
// A stop string that is one special token of the vocabulary stops at that token; any other stops where it
// appears in the text and is not part of the answer. Half a character is never given out.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/generate/engine.hpp"
#include "evergreen/generate/text_model.hpp"

namespace evergreen {

struct TextRequest {
  std::vector<int32_t> prompt = {};
  int64_t max_new_tokens = 256;
  std::vector<std::string> stop_strings = {};
  Sampling sampling = {};
  uint64_t id = 0;
};

struct TextAnswer {
  std::string text;
  std::vector<int32_t> tokens;  // all that were generated, those of a stop string among them
  std::string
      finish;  // "stop_token", "stop_string", "stopped" (by on_text or end_answers), "length", "context"
};

struct TextHooks {
  // Each piece of text as soon as it is certain; false ends the request.
  std::function<bool(size_t request, std::string_view piece)> on_text;
  ProgressFn progress;
  const StopFlag* stop = nullptr;  // throws Error{interrupted}
  const StopFlag* end_answers =
      nullptr;                   // ends all answers at their next token; they are returned as far as they got
  KeptSequence* kept = nullptr;  // of a single request, as in EngineHooks
};

// The model's own stop tokens always count.
std::vector<TextAnswer> generate_text(const TextModel& model, std::span<const TextRequest> requests,
                                      const EngineOptions& options = {}, const TextHooks& hooks = {});

}  // namespace evergreen
