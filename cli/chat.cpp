#include <memory>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/model_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {

void add_chat_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<ChatArgs>();
  CLI::App* command = add_command(root, console, "chat",
                                  "Talk to a model, line by line; /reset forgets the conversation, /system "
                                  "TEXT sets the system prompt, /exit "
                                  "leaves, Ctrl-C stops an answer",
                                  "evergreen chat --model U");
  add_model_options(*command, args->model);
  command->add_option("--system-prompt", args->system_prompt, "opens the conversation");
  command->add_option("--max-new-tokens", args->max_new_tokens, "of an answer")->check(positive());
  add_sampling_options(*command, args->sampling);
  command->callback([args, &console] {
    console.command = "chat";
    engine().chat(*args, console);
  });
}

}  // namespace evergreen::cli
