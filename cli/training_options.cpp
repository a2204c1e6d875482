#include "cli/training_options.hpp"

#include "evergreen/train/schedule.hpp"

namespace evergreen::cli {
namespace {

constexpr const char* kGroup = "Training";

}  // namespace

void add_training_options(CLI::App& command, TrainOptions& o) {
  const auto add = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->group(kGroup);
  };
  add("--sequence-length", o.packing.row_tokens,
      "tokens of a row; documents are packed into rows; 0: 2048, or what the model can")
      ->check(CLI::Range(0, 1 << 24));
  add("--batch-rows", o.packing.rows, "rows of a step")->check(CLI::PositiveNumber);
  add("--micro-rows", o.micro_rows, "rows of one forward pass; 0: all of a step")
      ->check(CLI::NonNegativeNumber);
  add("--steps", o.steps, "0: by --epochs")->check(CLI::NonNegativeNumber);
  add("--epochs", o.epochs, "passes over the corpus")->check(CLI::PositiveNumber);
  add("--learning-rate", o.schedule.peak, "the highest")->check(CLI::PositiveNumber);
  command
      .add_option_function<std::string>(
          "--schedule", [&o](const std::string& name) { o.schedule.kind = schedule_from_name(name); },
          "constant, cosine or wsd (warm-up, stable, decay)")
      ->default_str(schedule_name(o.schedule.kind))
      ->group(kGroup);
  add("--min-lr-ratio", o.schedule.min_ratio, "last learning rate over the highest")
      ->check(CLI::Range(0.0, 1.0));
  add("--warmup-steps", o.schedule.warmup_steps, "steps of linear warm-up")->check(CLI::NonNegativeNumber);
  add("--decay-steps", o.schedule.decay_steps, "wsd: steps of the decay")->check(CLI::NonNegativeNumber);
  add("--beta1", o.optimizer.beta1, "AdamW")->check(CLI::Range(0.0, 1.0));
  add("--beta2", o.optimizer.beta2, "AdamW")->check(CLI::Range(0.0, 1.0));
  add("--eps", o.optimizer.eps, "AdamW")->check(CLI::PositiveNumber);
  add("--weight-decay", o.optimizer.weight_decay, "AdamW, decoupled; not on norms and biases")
      ->check(CLI::NonNegativeNumber);
  add("--clip-norm", o.clip_norm, "largest gradient norm; 0: no clipping")->check(CLI::NonNegativeNumber);
  add("--seed", o.packing.seed, "of all that is random");
  add("--validate-every", o.validate_every, "steps; 0: at the end only")->check(CLI::NonNegativeNumber);
  add("--save-every", o.save_every, "steps between saved states; 0: at the end and when stopped")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace evergreen::cli
