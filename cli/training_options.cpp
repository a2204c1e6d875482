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

void add_parallel_options(CLI::App& command, ParallelOptions& o) {
  constexpr const char* kParallel = "Several processes (torchrun, srun or mpirun starts them)";
  command
      .add_option_function<std::string>(
          "--parallel", [&o](const std::string& name) { o.mode = parallel_mode_from_name(name); },
          "ddp: all hold everything; zero1: the optimiser's state is sharded; zero3: weights and gradients "
          "too; "
          "hybrid: zero3 within a node, a copy for each node")
      ->default_str(parallel_mode_name(o.mode))
      ->group(kParallel);
  command
      .add_option("--shard-ranks", o.shard_ranks, "hybrid: processes that share a copy; 0: those of a node")
      ->check(not_negative())
      ->group(kParallel);
  command
      .add_option("--rank-timeout", o.timeout_seconds,
                  "seconds that processes wait for one of them before the run ends and names it")
      ->check(positive())
      ->group(kParallel);
}

void add_device_option(CLI::App& command, std::string& device) {
  command
      .add_option("--device", device,
                  "cpu, cuda, or cuda:N: what training runs on, and an update's evaluation; of several "
                  "processes each takes the GPU of its rank")
      ->capture_default_str();
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
          "constant, cosine, wsd (warm-up, stable, decay) or infinite (warm-up, cool-down, constant, decay)")
      ->default_str(schedule_name(o.schedule.kind))
      ->group(kGroup);
  add("--min-lr-ratio", o.schedule.min_ratio, "last learning rate over the highest")
      ->check(between(0.0, 1.0));
  add("--warmup-steps", o.schedule.warmup_steps, "steps of linear warm-up")->check(not_negative());
  add("--decay-steps", o.schedule.decay_steps, "wsd, infinite: steps of the last decay")
      ->check(not_negative());
  command
      .add_option_function<std::string>(
          "--decay-shape", [&o](const std::string& name) { o.schedule.decay = decay_from_name(name); },
          "of that decay: linear, sqrt or exponential")
      ->default_str(decay_name(o.schedule.decay))
      ->group(kGroup);
  add("--cooldown-steps", o.schedule.cooldown_steps,
      "infinite: steps from the highest rate to the constant one")
      ->check(not_negative());
  add("--constant-ratio", o.schedule.constant_ratio, "infinite: constant learning rate over the highest")
      ->check(between(0.0, 1.0));
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
  add("--keep-states", o.keep_states, "newest saved states that are kept, beside the best")
      ->check(positive());
  command
      .add_flag("!--no-background-saves", o.background_saves,
                "write saved states before going on: slower, without a copy in memory")
      ->group(kGroup);
  add("--z-loss", o.z_loss, "weight of ln(Z)^2, which keeps logits from drifting, such as 1e-4")
      ->check(not_negative());
  add("--ema-decay", o.ema_decay,
      "the result is the moving average of the weights, such as 0.999; 0: the last weights")
      ->check(between(0.0, 1.0));
  command
      .add_option_function<std::string>(
          "--recompute",
          [&o](const std::string& level) {
            o.recompute = recompute_level_from_name(level.empty() ? "full" : level);
          },
          "made again in the backward pass and not kept: none (default); selective: the MLP's inner states, "
          "two fifths are kept for some 15 % more work; full: layers, a tenth is kept for 20 to 25 % more. "
          "Without a level: full")
      ->expected(0, 1)
      ->type_name("LEVEL")  // without a default's text, which a name without a value would stand for
      ->group(kGroup);
  command
      .add_option_function<std::string>(
          "--precision", [&o](const std::string& name) { o.precision = precision_from_name(name); },
          "float32; bf16: layers compute in bfloat16, weights are trained in float32; pure-bf16: all in "
          "bfloat16, "
          "rounded stochastically, 8 bytes a parameter. For GPUs: most CPUs are slower with bfloat16")
      ->default_str(precision_name(o.precision))
      ->group(kGroup);
  command
      .add_option_function<std::string>(
          "--offload",
          [&o](const std::string& what) {
            if (what != "none" && what != "optimizer")
              throw CLI::ValidationError("--offload", "'" + what + "': give none or optimizer");
            o.offload_optimizer = what == "optimizer";
          },
          "optimizer: its state stays in host memory and the CPU makes the step, for a GPU that lacks memory")
      ->default_str("none")
      ->group(kGroup);
  add("--peak-flops", o.peak_flops,
      "FLOP/s that utilisation (mfu) is a share of; 0: what is published for the GPU, or measured on the CPU")
      ->check(not_negative());
  add("--lora-rank", o.low_rank.rank, "train low-rank matrices and merge them (LoRA); 0: all weights")
      ->check(not_negative());
  add("--lora-alpha", o.low_rank.alpha, "LoRA: they count alpha / rank")->check(positive());
  add("--spike", o.guard.spike,
      "a loss so many nats above the median of 50 steps is a fault; 0: only NaN and Inf")
      ->check(not_negative());
  command
      .add_option_function<std::string>(
          "--on-fault", [&o](const std::string& name) { o.guard.on_fault = on_fault_from_name(name); },
          "stop, or skip the step")
      ->default_str(on_fault_name(o.guard.on_fault))
      ->group(kGroup);
  add("--stop-by", o.early_stop.set, "stop early by this validation set (a source's name)");
  add("--stop-rise", o.early_stop.rise, "when its loss has risen by so many nats")->check(not_negative());
}

}  // namespace evergreen::cli
