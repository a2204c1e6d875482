#include <memory>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/model_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {

void add_eval_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<EvalArgs>();
  CLI::App* command =
      add_command(root, console, "eval", "Score a model on tasks; results in lm-evaluation-harness' form",
                  "evergreen eval --model U --tasks perplexity:held_out.jsonl,qa:questions.jsonl --chat");
  command
      ->add_option(
          "--tasks", args->tasks,
          "perplexity:FILE (.txt, .jsonl with text), qa:FILE (question, answer), choice:FILE "
          "(context, choices, gold), "
          "instructions:FILE (prompt, checks), ifeval:FILE (IFEval's input_data.jsonl), separated by commas")
      ->required()
      ->delimiter(',');
  add_model_options(*command, args->model);
  command->add_flag("--chat", args->chat, "ask by the model's chat template");
  command->add_option("--system-prompt", args->system_prompt, "opens every conversation (with --chat)");
  command->add_option("--limit", args->limit, "the first items of each task; 0: all")->check(not_negative());
  command->add_option("--max-new-tokens", args->max_new_tokens, "of an answer; 0: as the task says")
      ->check(not_negative());
  command->add_option("--text-field", args->text_field,
                      "field of a JSON line that holds the text (perplexity)");
  command->add_option("--out", args->out, "file for the results, JSON");
  command->add_option("--samples", args->samples,
                      "directory to make, with every item's requests and answers as JSON lines");
  command->callback([args, &console] {
    console.command = "eval";
    engine().eval(*args, console);
  });
}

}  // namespace evergreen::cli
