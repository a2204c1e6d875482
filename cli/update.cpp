#include <memory>

#include "cli/commands.hpp"
#include "cli/corpus_options.hpp"
#include "cli/engine_library.hpp"
#include "cli/training_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {

void add_update_command(CLI::App& root, Console& console) {
  auto args = std::make_shared<UpdateArgs>();
  UpdateOptions& o = args->options;
  CLI::App* command = add_command(root, console, "update", "Bring an instruct model up to date with new text",
                                  "evergreen update --base B --instruct I --corpus news.jsonl --out U");
  command->add_option("--base", o.base, "the base model")->required();
  command->add_option("--instruct", o.instruct, "the instruct model made from it")->required();
  command
      ->add_option("--corpus", o.recipe.inputs,
                   "new text: .jsonl (.zst, .gz), .txt, .parquet; a directory or a glob of these; several")
      ->required()
      ->type_name("PATH");
  command->add_option("--out", o.out, "directory to make; must not exist (state is kept in OUT.work)")
      ->required();
  command->add_option("--start-from", args->start_from,
                      "an earlier update: its base/ is trained on, the residual stays instruct - base");
  command
      ->add_option("--scale", args->scale, "of the residual; 1 in the paper; auto: found on --scale-prompts")
      ->check(number_or("auto"))
      ->type_name("NUMBER|auto");
  command
      ->add_option(
          "--scale-prompts", args->scale_prompts,
          "for --scale auto: a file of prompts with checks (as the task instructions:FILE), or tasks "
          "as in --tasks; none of them may be among --tasks")
      ->delimiter(',')
      ->type_name("FILE|TASK");
  command
      ->add_option("--scale-grid", args->scale_grid,
                   "for --scale auto: the scales to try; 0.5,0.6 to 1.5 unless given")
      ->delimiter(',')
      ->type_name("NUMBER");
  command->add_option("--added-tokens", args->added_tokens,
                      "rows of tokens that only the instruct model has: error, keep (its rows) or zero");
  command->add_option("--replay", o.replay, "older text to mix in against forgetting; read as the corpus is")
      ->type_name("PATH");
  command->add_option("--replay-share", o.replay_share, "share of the rows that come from it")
      ->check(between(0.0, 1.0));
  command->add_option("--held-out", o.held_out, "share of documents kept for evaluation")
      ->check(between(0.0, 0.5));
  command->add_option("--max-tokens", o.max_tokens, "use only so many tokens of the corpus; 0: all")
      ->check(not_negative());
  command->add_option("--old-text", args->old_text, "text of before, to measure what is forgotten");
  command->add_option("--tasks", o.tasks, "also evaluated before and after, as in evergreen eval")
      ->delimiter(',');
  command->add_option("--data", o.data, "folder of the data sets of tasks that are given by name");
  command->add_option("--shots", o.shots, "examples before each item; unless given as each task says")
      ->check(not_negative());
  command
      ->add_option("--require", o.requirements,
                   "what the updated model must reach, as 'ifeval>=0.95*instruct' or "
                   "'perplexity:new<=0.9*base': [TASK/]METRIC or TASK, then >= <= > or <, then a number or "
                   "[FACTOR*]ARM[+NUMBER], ARM base, instruct or trained-base; may be given several times. "
                   "Where it is missed the model is written all the same, and the exit code is 6")
      ->allow_extra_args(false)
      ->type_name("RULE");
  command
      ->add_option("--prompts", args->prompts,
                   "the report shows the answers to these, before and after: .txt, .jsonl or .parquet, as in "
                   "evergreen generate; else to items of --tasks")
      ->type_name("FILE");
  command->add_flag("--no-layer-maps", args->no_layer_maps,
                    "leave out of the report where the weights changed: saves reading them once more");
  command->add_option("--dtype", args->dtype,
                      "of the updated model: bf16, f16 or f32; as the base's unless given");
  add_device_option(*command, args->device);
  command->add_option("--threads", o.threads, "0: one for each core")->check(not_negative());
  command->add_flag("--dry-run", args->dry_run, "only foretell disk, memory, tokens and time");
  add_reading_options(*command, o.recipe);
  add_cleaning_options(*command, o.recipe);
  add_packing_option(*command, o.train);
  add_training_options(*command, o.train);
  add_parallel_options(*command, o.train.parallel);
  command->callback([args, &console] {
    console.command = "update";
    if (!args->start_from.empty()) args->options.start_from = args->start_from;
    if (!args->old_text.empty()) args->options.old_text = args->old_text;
    engine().update(*args, console);
  });
}

}  // namespace evergreen::cli
