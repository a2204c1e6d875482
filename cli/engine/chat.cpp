#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/model_place.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/generate/kept_sequence.hpp"
#include "evergreen/generate/text_generation.hpp"

namespace evergreen::cli {
namespace {

class Conversation {
 public:
  Conversation(const TextModel& model, const ChatArgs& args, Console& console)
      : model_(model),
        args_(args),
        console_(console),
        engine_(args.model.engine),
        sampling_(choose_sampling(args.sampling, model.generation.sampling)) {
    choose_weights(args.model, model, engine_, console);
    reset(args.system_prompt);
  }

  void reset(const std::string& system_prompt) {
    system_prompt_ = system_prompt;
    messages_.clear();
    if (!system_prompt.empty()) messages_.push_back({"system", system_prompt});
  }
  void reset() { reset(system_prompt_); }

  void say(const std::string& text) {
    messages_.push_back({"user", text});
    const TextRequest request{prompt(), args_.max_new_tokens, {}, sampling_, answers_++};
    TextHooks hooks;
    hooks.on_text = [this](size_t, std::string_view piece) {
      console_.print(std::string(piece));
      return true;
    };
    hooks.end_answers = &console_.stop;
    hooks.kept = &kept_;
    const TextAnswer answer = generate_text(model_, std::span(&request, 1), engine_, hooks).front();
    messages_.push_back({"assistant", answer.text});
    console_.print("\n");
    if (answer.finish == "length")
      console_.note(fmt::format("cut at {} tokens; --max-new-tokens allows more", answer.tokens.size()));
    if (answer.finish == "context")
      console_.note("the model's context is full; /reset forgets the conversation");
  }

 private:
  // Forgets the oldest exchanges until half of the context is left to answer, or only the last message is there.
  std::vector<int32_t> prompt() {
    const int64_t longest = longest_sequence(*model_.decoder, engine_);
    const size_t kept = system_prompt_.empty() ? 1 : 2;  // the system prompt and the last message
    std::vector<int32_t> tokens = encode_rendered(model_, render_chat(model_, messages_));
    int forgotten = 0;
    while (static_cast<int64_t>(tokens.size()) > longest / 2 && messages_.size() > kept) {
      const auto oldest = messages_.begin() + (system_prompt_.empty() ? 0 : 1);
      messages_.erase(oldest, oldest + 2);
      tokens = encode_rendered(model_, render_chat(model_, messages_));
      ++forgotten;
    }
    if (forgotten > 0)
      console_.note(fmt::format("the oldest {} exchanges no longer fit and are forgotten", forgotten));
    return tokens;
  }

  const TextModel& model_;
  const ChatArgs& args_;
  Console& console_;
  EngineOptions engine_;
  Sampling sampling_;
  std::string system_prompt_;
  std::vector<ChatMessage> messages_;
  KeptSequence kept_;  // the turns so far are not computed again
  uint64_t answers_ = 0;
};

// False to leave.
bool obey(const std::string& line, Conversation& conversation, Console& console) {
  const std::string command = line.substr(0, line.find(' '));
  if (command == "/exit") return false;
  if (command == "/reset")
    conversation.reset();
  else if (command == "/system")
    conversation.reset(line.size() > command.size() + 1 ? line.substr(command.size() + 1) : "");
  else
    console.note(fmt::format("there is no command '{}': {}", command,
                             suggest_name(command, {"/exit", "/reset", "/system"})));
  return true;
}

}  // namespace

void run_chat(const ChatArgs& args, Console& console) {
  use_threads(args.model.threads);
  const ModelPlace place = place_of(args.model, nullptr);
  const TextModel model = load_text_model(args.model.model, place);
  if (!model.chat_template) {
    throw Error(ErrorKind::input, "the model has no chat template", model.name,
                "chat with the instruct or the updated model");
  }
  Conversation conversation(model, args, console);
  const bool at_terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  std::string line;
  while (true) {
    if (at_terminal) console.print("> ");
    if (!std::getline(std::cin, line) || console.stop.requested()) break;
    if (line.empty()) continue;
    if (line.front() == '/') {
      if (!obey(line, conversation, console)) break;
      continue;
    }
    conversation.say(line);
    console.stop.clear();  // Ctrl-C stopped the answer; the next one leaves
  }
  if (at_terminal) console.print("\n");
}

}  // namespace evergreen::cli
