#include "evergreen/data/tokenize_chat.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/data/token_store.hpp"
#include "evergreen/text/chat_template.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {
namespace {

std::vector<uint32_t> marked_tokens(const TokenizedChat& chat) {
  std::vector<uint32_t> tokens;
  for (size_t i = 0; i < chat.ids.size(); ++i) {
    tokens.push_back(static_cast<uint32_t>(chat.ids[i]) | (chat.learned[i] != 0 ? 0 : kContextOnly));
  }
  return tokens;
}

std::string messages_of(std::string_view line, const std::string& where) {
  const Json conversation = parse_json(line, where);
  const Json messages = json_get<Json>(conversation, "messages", where);
  if (!messages.is_array() || messages.empty())
    throw_json_member("messages", where, "is not a list of messages");
  return messages.dump();
}

}  // namespace

ChatTokenizeReport tokenize_chats(const CorpusInputs& corpus, const fs::path& model,
                                  const fs::path& directory, const ChatTokenizeOptions& options,
                                  const StopFlag* stop) {
  const Tokenizer tokenizer = load_tokenizer(model);
  const ChatTemplate chat_template = load_chat_template(model);
  const ChatOptions chat = chat_options(tokenizer);
  TokenStoreWriter train(directory / "train", options.vocab_size),
      held_out(directory / "held_out", options.vocab_size);
  uint64_t number = 0;
  for_each_line(corpus, [&](std::string_view line, const CorpusPosition& position) {
    throw_if_stopped(stop, "tokenising");
    const std::string file = position.file->string(), where = fmt::format("{}, line {}", file, position.line);
    try {
      const RenderedChat rendered = chat_template.render_spans_json(messages_of(line, where), chat);
      const bool kept_out =
          RandomStream(options.seed, "data.held_out", number++).uniform() < options.held_out;
      (kept_out ? held_out : train).add(marked_tokens(tokenize_chat(tokenizer, rendered)));
    } catch (const Error& error) {  // the template does not know which conversation it refused
      if (error.where().find(file) != std::string::npos) throw;
      throw Error(error.kind(), error.problem(), where + (error.where().empty() ? "" : "; " + error.where()),
                  error.next());
    }
    return true;
  });
  if (train.documents() == 0)
    throw Error(ErrorKind::input, "there is no conversation to train on", corpus.front());
  const ChatTokenizeReport report{train.documents(), train.tokens(), held_out.documents()};
  train.finish();
  held_out.finish();
  return report;
}

}  // namespace evergreen
