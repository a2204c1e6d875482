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
  command->add_option("--scale", o.scale, "of the residual; 1 in the paper");
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
