#include "cli/training_options.hpp"

#include "cli/validators.hpp"
#include "evergreen/train/schedule.hpp"

namespace evergreen::cli {
namespace {

constexpr const char* kGroup = "Training";

}  // namespace

void add_packing_option(CLI::App& command, TrainOptions& o) {
  command
      .add_option_function<std::string>(
          "--packing", [&o](const std::string& name) { o.packing.method = packing_from_name(name); },
          "documents into rows: concatenate, or best-fit (cuts only those longer than a row)")
      ->default_str(packing_name(o.packing.method))
      ->group(kGroup);
}

void add_training_options(CLI::App& command, TrainOptions& o) {
  o.packing.row_tokens = 0;
  const auto add = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->group(kGroup);
  };
  add("--sequence-length", o.packing.row_tokens,
      "tokens of a row; documents are packed into rows; 0: 2048, or what the model can")
      ->check(between(0, 1 << 24));
  add("--batch-rows", o.packing.rows, "rows of a step")->check(positive());
  add("--micro-rows", o.micro_rows, "rows of one forward pass; 0: all of a step")->check(not_negative());
  add("--steps", o.steps, "0: by --epochs")->check(not_negative());
  add("--epochs", o.epochs, "passes over the corpus")->check(positive());
  add("--learning-rate", o.schedule.peak, "the highest")->check(positive());
  command
      .add_option_function<std::string>(
          "--schedule", [&o](const std::string& name) { o.schedule.kind = schedule_from_name(name); },
          "constant, cosine or wsd (warm-up, stable, decay)")
      ->default_str(schedule_name(o.schedule.kind))
      ->group(kGroup);
  add("--min-lr-ratio", o.schedule.min_ratio, "last learning rate over the highest")
      ->check(between(0.0, 1.0));
  add("--warmup-steps", o.schedule.warmup_steps, "steps of linear warm-up")->check(not_negative());
  add("--decay-steps", o.schedule.decay_steps, "wsd: steps of the decay")->check(not_negative());
  add("--beta1", o.optimizer.beta1, "AdamW")->check(between(0.0, 1.0));
  add("--beta2", o.optimizer.beta2, "AdamW")->check(between(0.0, 1.0));
  add("--eps", o.optimizer.eps, "AdamW")->check(positive());
  add("--weight-decay", o.optimizer.weight_decay, "AdamW, decoupled; not on norms and biases")
      ->check(not_negative());
  add("--clip-norm", o.clip_norm, "largest gradient norm; 0: no clipping")->check(not_negative());
  add("--seed", o.packing.seed, "of all that is random");
  add("--validate-every", o.validate_every, "steps; 0: at the end only")->check(not_negative());
  add("--save-every", o.save_every, "steps between saved states; 0: at the end and when stopped")
      ->check(not_negative());
}

}  // namespace evergreen::cli
