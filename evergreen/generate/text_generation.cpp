#include "evergreen/generate/text_generation.hpp"

#include <deque>

#include "evergreen/generate/stop_strings.hpp"

namespace evergreen {
namespace {

// What one request needs to become text.
struct Stream {
  StreamDecoder decoder;
  StopStrings stops;
  TextAnswer answer;
};

GenerationRequest to_tokens(const TextModel& model, const TextRequest& request,
                            std::vector<std::string>& stop_texts) {
  GenerationRequest out{request.prompt, request.max_new_tokens, model.stop_tokens, request.sampling,
                        request.id};
  for (const std::string& stop : request.stop_strings) {
    const std::optional<int32_t> token = model.tokenizer.token_to_id(stop);
    if (token && model.tokenizer.is_special(*token))
      out.stop_tokens.push_back(*token);
    else
      stop_texts.push_back(stop);
  }
  return out;
}

// False where the request is over.
bool give_out(Stream& stream, size_t request, const std::string& piece, const TextHooks& hooks) {
  stream.answer.text += piece;
  if (!piece.empty() && hooks.on_text && !hooks.on_text(request, piece)) return false;
  return !stream.stops.stopped();
}

}  // namespace

std::vector<TextAnswer> generate_text(const TextModel& model, std::span<const TextRequest> requests,
                                      const EngineOptions& options, const TextHooks& hooks) {
  std::vector<GenerationRequest> token_requests;
  std::deque<Stream> streams;
  for (const TextRequest& request : requests) {
    std::vector<std::string> stop_texts;
    token_requests.push_back(to_tokens(model, request, stop_texts));
    streams.push_back({StreamDecoder(model.tokenizer, true), StopStrings(std::move(stop_texts)), {}});
  }
  EngineHooks engine_hooks{nullptr, hooks.progress, hooks.stop, hooks.kept};
  engine_hooks.on_token = [&](size_t request, int32_t token) {
    if (hooks.end_answers != nullptr && hooks.end_answers->requested()) return false;
    Stream& stream = streams[request];
    return give_out(stream, request, stream.stops.push(stream.decoder.push(token)), hooks);
  };
  std::vector<Generation> generated = generate(*model.decoder, token_requests, options, engine_hooks);
  std::vector<TextAnswer> answers;
  for (size_t i = 0; i < generated.size(); ++i) {
    Stream& stream = streams[i];
    const bool by_user = generated[i].finish == FinishReason::stopped && !stream.stops.stopped();
    if (!stream.stops.stopped() && !by_user) {
      give_out(stream, i, stream.stops.push(stream.decoder.finish()), hooks);
      if (!stream.stops.stopped()) give_out(stream, i, stream.stops.finish(), hooks);
    }
    stream.answer.tokens = std::move(generated[i].tokens);
    stream.answer.finish = stream.stops.stopped() ? "stop_string" : finish_reason_name(generated[i].finish);
    answers.push_back(std::move(stream.answer));
  }
  return answers;
}

}  // namespace evergreen
