#include "evergreen/eval/engine_model.hpp"

#include <algorithm>

#include "evergreen/base/error.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/generate/score.hpp"

namespace evergreen {
namespace {

int64_t keep_end(std::vector<int32_t>& tokens, int64_t longest) {
  const int64_t surplus = std::max<int64_t>(0, static_cast<int64_t>(tokens.size()) - longest);
  tokens.erase(tokens.begin(), tokens.begin() + surplus);
  return surplus;
}

// The conversation up to the end of its last message, which the assistant goes on with. Templates may trim it.
std::string render_begun(const TextModel& model, const std::vector<ChatMessage>& messages) {
  if (!model.chat_template) return render_chat(model, messages);  // throws
  std::string text = model.chat_template->render(messages, chat_options(model.tokenizer));
  const std::string& last = messages.back().content;
  const std::string_view stripped = strip(last);
  const size_t begin = text.rfind(stripped);
  if (begin == std::string::npos) {
    throw Error(ErrorKind::input, "the chat template does not show what the assistant has begun to say",
                model.name);
  }
  const std::string_view to_the_end =
      std::string_view(last).substr(static_cast<size_t>(stripped.data() - last.data()));
  const bool whole = text.compare(begin, to_the_end.size(), to_the_end) == 0;
  text.resize(begin + (whole ? to_the_end : stripped).size());
  return text;
}

std::vector<Answer> to_answers(const std::vector<Score>& scores) {
  std::vector<Answer> answers;
  for (const Score& s : scores) {
    answers.push_back({.log_likelihood = s.log_likelihood, .is_greedy = s.is_greedy, .tokens = s.tokens});
  }
  return answers;
}

}  // namespace

std::string EngineModel::render(const Prompt& prompt) const {
  std::vector<ChatMessage> messages = prompt.messages;
  if (!options_.system_prompt.empty() && messages.front().role != "system") {
    messages.insert(messages.begin(), {"system", options_.system_prompt});
  }
  if (messages.back().role == "assistant") return render_begun(model_, messages);
  return render_chat(model_, messages);
}

ScoreRequest EngineModel::encode_pair(const LikelihoodRequest& request) const {
  const bool chat = !request.prompt.messages.empty();
  const std::string prompt = chat ? render(request.prompt) : request.prompt.text;
  if (prompt.empty()) return {{prefix_token(model_)}, encode_rendered(model_, request.continuation)};
  const auto encode = [&](std::string_view text) {
    return chat ? encode_rendered(model_, text) : encode_prompt(model_, text);
  };
  const std::string_view context = strip_end(prompt);
  std::vector<int32_t> before = encode(context), whole = encode(prompt + request.continuation);
  if (before.empty())
    before.push_back(prefix_token(model_));
  else if (whole.size() > before.size())
    return {before, {whole.begin() + static_cast<int64_t>(before.size()), whole.end()}};
  return {before, encode_rendered(model_, prompt.substr(context.size()) + request.continuation)};
}

std::vector<Answer> EngineModel::likelihood(std::span<const LikelihoodRequest> requests,
                                            const ModelHooks& hooks) {
  const int64_t longest = longest_sequence(*model_.decoder, options_.engine);
  std::vector<ScoreRequest> pairs;
  std::vector<int64_t> dropped;
  for (const LikelihoodRequest& request : requests) {
    ScoreRequest& pair = pairs.emplace_back(encode_pair(request));
    dropped.push_back(keep_end(
        pair.context, std::max<int64_t>(1, longest + 1 - static_cast<int64_t>(pair.continuation.size()))));
  }
  std::vector<Answer> answers =
      to_answers(score(*model_.decoder, pairs, options_.engine, {hooks.progress, hooks.stop}));
  for (size_t i = 0; i < answers.size(); ++i) answers[i].dropped_tokens = dropped[i];
  return answers;
}

std::vector<Answer> EngineModel::rolling(std::span<const RollingRequest> requests, const ModelHooks& hooks) {
  const int32_t prefix = prefix_token(model_);
  std::vector<std::vector<int32_t>> documents;
  for (const RollingRequest& request : requests) {
    if (request.with_special_tokens) {
      documents.push_back(encode_prompt(model_, request.document));
      continue;
    }
    std::vector<int32_t>& tokens = documents.emplace_back(encode_rendered(model_, request.document));
    if (!tokens.empty() && tokens.front() == prefix) tokens.erase(tokens.begin());
  }
  return to_answers(
      score_rolling(*model_.decoder, documents, prefix, options_.engine, {hooks.progress, hooks.stop}));
}

std::vector<Answer> EngineModel::generate_until(std::span<const GenerateUntilRequest> requests,
                                                const ModelHooks& hooks) {
  const int64_t longest = longest_sequence(*model_.decoder, options_.engine);
  std::vector<TextRequest> text_requests;
  std::vector<int64_t> dropped;
  for (const GenerateUntilRequest& request : requests) {
    TextRequest& r = text_requests.emplace_back();
    r.prompt = request.prompt.messages.empty() ? encode_prompt(model_, request.prompt.text)
                                               : encode_rendered(model_, render(request.prompt));
    if (r.prompt.empty()) r.prompt.push_back(prefix_token(model_));
    dropped.push_back(
        keep_end(r.prompt, std::max({longest - request.max_new_tokens, longest / 2, int64_t{1}})));
    r.max_new_tokens = request.max_new_tokens;
    r.stop_strings = request.until;
    r.id = text_requests.size() - 1;
  }
  std::vector<Answer> answers;
  for (TextAnswer& a :
       generate_text(model_, text_requests, options_.engine, {nullptr, hooks.progress, hooks.stop})) {
    answers.push_back({.tokens = static_cast<int64_t>(a.tokens.size()),
                       .text = std::move(a.text),
                       .finish = std::move(a.finish),
                       .dropped_tokens = dropped[answers.size()]});
  }
  return answers;
}

}  // namespace evergreen
