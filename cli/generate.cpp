#include <memory>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/model_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {

void add_generate_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<GenerateArgs>();
  CLI::App* command =
      add_command(root, console, "generate", "Answer a file of prompts",
                  "evergreen generate --model U --prompts prompts.jsonl --chat --out answers.jsonl");
  command
      ->add_option("--prompts", args->prompts,
                   ".txt with a prompt on each line, or .jsonl (.zst, .gz) or .parquet with {\"prompt\": "
                   "...} or {\"messages\": "
                   "[{\"role\", \"content\"}, ...]}")
      ->required();
  command->add_option("--out", args->out, "file for the answers, JSON lines; stdout unless given");
  add_model_options(*command, args->model);
  command->add_flag("--chat", args->chat,
                    "give each prompt as a user's message, by the model's chat template");
  command->add_option("--system-prompt", args->system_prompt, "opens every conversation");
  command->add_option("--prompt-field", args->prompt_field, "field of a JSON line that holds the prompt");
  command->add_option("--max-new-tokens", args->max_new_tokens, "of an answer")->check(positive());
  command->add_option("--stop", args->stop, "text that ends an answer; may be given several times")
      ->allow_extra_args(false);
  add_sampling_options(*command, args->sampling);
  command->callback([args, &console] {
    console.command = "generate";
    engine().generate(*args, console);
  });
}

}  // namespace evergreen::cli
