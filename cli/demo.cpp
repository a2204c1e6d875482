#include <memory>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {

void add_demo_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<DemoArgs>();
  CLI::App* command = add_command(root, console, "demo",
                                  "The whole method in minutes, on a generated world with checkable facts",
                                  "evergreen demo --seeds 3");
  command->add_option(
      "--models", args->models,
      "where the shipped pair lies; unless given also looked for in ../share/evergreen of the program");
  command->add_option("--work", args->work, "where corpora, runs and results go");
  command->add_option("--tokens", args->tokens, "tokens of new text, each seen once")
      ->check(between(50'000, 100'000'000));
  command->add_option("--seeds", args->seeds, "futures of the same pair: mean and spread are printed")
      ->check(between(1, 20));
  command->add_option("--first-seed", args->first_seed, "number of the first future");
  command->add_option("--replay", args->replay, "share of older genres in the new text")
      ->check(between(0.0, 0.9));
  command->add_option("--pair", args->pair,
                      "the built-in pair: llama, or qwen (the architecture of Qwen 2.5)");
  command->add_flag("--from-scratch", args->from_scratch, "train the pair itself anew first (half an hour)");
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  command->add_option("--tasks", args->tasks, "further tasks for all five models, as in evergreen eval")
      ->delimiter(',');
  command->add_option("--data", args->data, "folder of those tasks' data sets");
  command->add_option("--shots", args->shots, "examples before each of their items")->check(not_negative());
  command->add_option("--limit", args->limit, "the first items of each of them; 0: all")
      ->check(not_negative());
  command->add_flag("--chat", args->chat, "ask them by the chat template");
  command->callback([args, &console] {
    console.command = "demo";
    engine().demo(*args, console);
  });
}

}  // namespace evergreen::cli
