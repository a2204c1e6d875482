#include <memory>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/model_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {
namespace {

void add_task_options(CLI::App& command, EvalArgs& args) {
  command
      .add_option(
          "--tasks", args.tasks,
          "separated by commas. 'list' prints them: lm-evaluation-harness' (mmlu, hellaswag, gsm8k ...) by "
          "name, "
          "with --data or as NAME:FILE; FILE.toml of your own; perplexity:FILE (.txt, .jsonl or .parquet "
          "with text), "
          "qa:FILE (question, answer, date), choice:FILE (context, choices, gold), "
          "instructions:FILE (prompt, checks), all three .jsonl or .parquet; ifeval:FILE (IFEval's "
          "input_data.jsonl)")
      ->delimiter(',');
  command.add_option("--data", args.data, "folder of the data sets of tasks that are given by name");
  command.add_option("--shots", args.shots, "examples before each item; unless given as each task says")
      ->check(not_negative());
  command.add_option("--seed", args.seed, "of the draw of examples")->capture_default_str();
  command.add_flag("--chat", args.chat, "ask by the model's chat template");
  command.add_flag("--multi-turn", args.multi_turn, "examples as turns of the conversation (with --chat)");
  command.add_option("--chat-template", args.chat_template,
                     "directory whose chat template models have that lack one of their own");
  command.add_option("--system-prompt", args.system_prompt, "opens every conversation, or every prompt");
  command.add_option("--since", args.since,
                     "YYYY-MM-DD: dated questions are split into older and newer ones");
  command.add_option("--limit", args.limit, "the first items of each task; 0: all")->check(not_negative());
  command.add_option("--max-new-tokens", args.max_new_tokens, "of an answer; 0: as the task says")
      ->check(not_negative());
  command.add_option("--text-field", args.text_field,
                     "field of a JSON line that holds the text (perplexity)");
}

}  // namespace

void add_eval_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<EvalArgs>();
  CLI::App* command = add_command(
      root, console, "eval", "Score models on tasks; results in lm-evaluation-harness' form",
      "evergreen eval --model U --tasks mmlu,arc_easy --data DATA --shots 5\n"
      "  evergreen eval --model OLD --model NEW --tasks perplexity:held_out.jsonl,qa:questions.jsonl --chat\n"
      "  evergreen eval --compare samples/OLD samples/NEW");
  add_task_options(*command, *args);
  add_model_options(*command, args->model);
  command->remove_option(command->get_option("--model"));
  command->add_option("--model", args->models,
                      "checkpoint directory; several make a table, each compared with the first");
  CLI::Option* compare =
      command->add_option("--compare", args->compare, "two directories of samples: a paired comparison")
          ->expected(2);
  command->get_option("--tasks")->excludes(compare);
  command->add_option("--out", args->out, "file for the results, JSON");
  command->add_option("--samples", args->samples,
                      "directory to make, with every item's requests and answers as JSON lines");
  command->callback([args, compare, command, &console] {
    console.command = "eval";
    if (compare->count() == 0 && command->get_option("--tasks")->count() == 0)
      throw CLI::RequiredError("--tasks");
    engine().eval(*args, console);
  });
}

}  // namespace evergreen::cli
