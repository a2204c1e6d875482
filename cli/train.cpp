#include <memory>

#include "cli/commands.hpp"
#include "cli/corpus_options.hpp"
#include "cli/engine_library.hpp"
#include "cli/training_options.hpp"
#include "cli/validators.hpp"

namespace evergreen::cli {
namespace {

void add_train_command(CLI::App& train, Console& console, bool chat) {
  auto args = std::make_shared<TrainArgs>();
  args->chat = chat;
  if (chat) args->options.packing.method = PackingMethod::whole;
  const std::string name = chat ? "sft" : "cpt";
  CLI::App* command =
      add_command(train, console, name,
                  chat ? "Fine-tune a model on conversations; the loss counts the assistant's tokens only"
                       : "Continue the pre-training of a model on new text",
                  chat ? "evergreen train sft --model base --corpus chats.jsonl --out run"
                       : "evergreen train cpt --model base --corpus news.jsonl --out run");
  command->add_option("--model", args->model, "checkpoint directory to start from")->required();
  CLI::Option* corpus =
      command
          ->add_option("--corpus", args->recipe.inputs,
                       chat ? ".jsonl with {\"messages\": [{\"role\", \"content\"}, ...]}"
                            : ".jsonl (.zst, .gz), .txt, .parquet; a directory or a glob of these; several")
          ->type_name("PATH");
  if (chat) {
    corpus->required();
  } else {
    command
        ->add_option(
            "--tokens", args->tokens,
            "instead of --corpus: directories of evergreen data prepare, with weights: news:0.95 replay:0.05")
        ->type_name("DIR[:WEIGHT]")
        ->excludes(corpus);
  }
  command
      ->add_option("--out", args->out,
                   "directory of the run; its model/ is the result; the same command again goes on")
      ->required();
  if (!chat) {
    add_reading_options(*command, args->recipe);
    add_cleaning_options(*command, args->recipe);
    add_packing_option(*command, args->options);
  }
  command->add_option("--held-out", args->held_out, "share of documents kept for validation")
      ->check(between(0.0, 0.5));
  command->add_option("--dtype", args->dtype,
                      "of the saved model: bf16, f16 or f32; as the model's unless given");
  add_device_option(*command, args->device);
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  add_training_options(*command, args->options);
  add_parallel_options(*command, args->options.parallel);
  command->callback([args, &console, name] {
    console.command = "train " + name;
    engine().train(*args, console);
  });
}

}  // namespace

void add_train_commands(CLI::App& root, Console& console) {
  CLI::App* train = noun(root, "train", "Training runs: continued pre-training, fine-tuning");
  add_train_command(*train, console, false);
  add_train_command(*train, console, true);
}

}  // namespace evergreen::cli
