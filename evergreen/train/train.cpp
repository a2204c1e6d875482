#include "evergreen/train/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/loss.hpp"
#include "evergreen/train/freed_memory.hpp"
#include "evergreen/train/run_settings.hpp"
#include "evergreen/train/train_state.hpp"

namespace evergreen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct MicroBatch {
  PackedBatch batch;
  at::Tensor targets_N;
};

MicroBatch to_device(const PackedTokens& packed, at::Device device) {
  return {make_packed_batch(packed.tokens, packed.cu_seqlens, device),
          at::tensor(packed.targets, at::kLong).to(device)};
}

struct StepBatch {
  std::vector<PackedTokens> parts;
  int64_t tokens = 0, targets = 0;
};

StepBatch step_batch(Packer& packer, const TrainOptions& options, int64_t step) {
  StepBatch batch;
  const int64_t rows = options.packing.rows;
  const int64_t part = options.micro_rows > 0 ? std::min(options.micro_rows, rows) : rows;
  for (int64_t row = 0; row < rows; row += part) {
    batch.parts.push_back(packer.rows(step, row, std::min(part, rows - row)));
    batch.tokens += static_cast<int64_t>(batch.parts.back().tokens.size());
    batch.targets += batch.parts.back().target_count;
  }
  return batch;
}

// Everything one run carries from step to step.
class Run {
 public:
  Run(const fs::path& directory, Decoder& decoder, const TrainInputs& inputs, const TrainOptions& options)
      : directory_(directory),
        decoder_(decoder),
        inputs_(inputs),
        options_(options),
        optimizer_(decoder.parameters(), options.optimizer),
        packer_(inputs.sources, options.packing) {
    decoder.parameters().requires_grad(true);
    if (const auto saved = load_train_state(directory, decoder.parameters(), optimizer_)) position_ = *saved;
  }

  TrainReport go(const StopFlag* stop, const ProgressFn& progress);

 private:
  StepMetrics step();
  double backward(const StepBatch& batch);
  void validate(MetricsFile& metrics);
  void save() { save_train_state(directory_, position_, decoder_.parameters(), optimizer_); }
  bool due(int64_t every) const { return every > 0 && position_.step % every == 0; }
  bool finished() const { return position_.step >= options_.schedule.total_steps; }

  fs::path directory_;
  Decoder& decoder_;
  const TrainInputs& inputs_;
  TrainOptions options_;
  AdamW optimizer_;
  Packer packer_;
  TrainPosition position_;
};

double Run::backward(const StepBatch& batch) {
  double mean = 0;
  for (const PackedTokens& part : batch.parts) {
    if (part.target_count == 0) continue;
    const MicroBatch micro = to_device(part, decoder_.parameters().head().device());
    const at::Tensor hidden = decoder_.forward(micro.batch);
    const TokenLoss loss = linear_cross_entropy(hidden, decoder_.parameters().head(), micro.targets_N,
                                                {.weight = 1.0 / static_cast<double>(batch.targets)});
    mean += loss.sum.item<double>();
    loss.sum.backward();
  }
  return mean;
}

StepMetrics Run::step() {
  const Clock::time_point start = Clock::now();
  const StepBatch batch = step_batch(packer_, options_, position_.step);
  StepMetrics metrics;
  metrics.learning_rate = learning_rate(options_.schedule, position_.step);
  if (batch.targets > 0) {
    metrics.loss = backward(batch);
    if (!std::isfinite(metrics.loss)) {
      throw Error(ErrorKind::input, fmt::format("the loss of step {} is not finite", position_.step + 1),
                  directory_.string(), "lower the learning rate, or look for damaged text in the corpus");
    }
    metrics.gradient_norm = gradient_norm(decoder_.parameters());
  }
  optimizer_.step(metrics.learning_rate, clip_factor(metrics.gradient_norm, options_.clip_norm));
  for (const ParameterInfo& info : decoder_.parameters().table()) {
    decoder_.parameters().at(info.name).mutable_grad() = at::Tensor();
  }
  metrics.step = ++position_.step;
  metrics.tokens = position_.tokens += batch.tokens;
  metrics.tokens_per_second = static_cast<double>(batch.tokens) / seconds_since(start);
  return metrics;
}

void Run::validate(MetricsFile& metrics) {
  ValidationMetrics result{position_.step, {}};
  for (const ValidationSet& set : inputs_.validation) {
    result.loss[set.name] =
        mean_loss(decoder_, *set.store, options_.packing.row_tokens, options_.validation_tokens);
  }
  if (!result.loss.empty()) metrics.add(result);
}

TrainReport Run::go(const StopFlag* stop, const ProgressFn& progress) {
  const Clock::time_point start = Clock::now();
  const int64_t total = options_.schedule.total_steps;
  MetricsFile metrics(directory_ / "metrics.jsonl", position_.step);
  if (position_.step == 0) validate(metrics);
  while (!finished()) {
    if (stop != nullptr && stop->requested()) {
      save();
      throw Error(ErrorKind::interrupted,
                  fmt::format("training was interrupted after step {} of {}", position_.step, total),
                  directory_.string(), "the state is saved: run the same command again to go on");
    }
    const StepMetrics done = step();
    metrics.add(done);
    if (due(options_.validate_every) || finished()) validate(metrics);
    if (due(options_.save_every) || finished()) {
      save();
      prune_train_states(directory_, options_.keep_states);
    }
    if (progress) {
      const double tokens_per_step =
          static_cast<double>(position_.tokens) / static_cast<double>(position_.step);
      progress({"train", static_cast<double>(position_.tokens), tokens_per_step * static_cast<double>(total),
                "tokens", fmt::format("step {}/{}  loss {:.3f}", position_.step, total, done.loss)});
    }
  }
  decoder_.parameters().requires_grad(false);
  TrainReport report{position_.step, position_.tokens, 0, 0, seconds_since(start), {}, {}};
  const std::vector<StepMetrics> steps = read_step_metrics(directory_ / "metrics.jsonl");
  if (!steps.empty()) report.first_loss = steps.front().loss, report.final_loss = steps.back().loss;
  const std::vector<ValidationMetrics> validation = read_validation_metrics(directory_ / "metrics.jsonl");
  if (!validation.empty())
    report.first_validation = validation.front(), report.last_validation = validation.back();
  return report;
}

}  // namespace

int64_t total_steps(const TokenSources& sources, const TrainOptions& options) {
  if (options.steps > 0) return options.steps;
  const Packer packer(sources, options.packing);
  return std::max<int64_t>(
      1, std::llround(std::ceil(options.epochs * static_cast<double>(packer.steps_per_epoch()))));
}

TrainReport train(const fs::path& run, Decoder& decoder, const TrainInputs& inputs, TrainOptions options,
                  const StopFlag* stop, const ProgressFn& progress) {
  options.schedule.total_steps = total_steps(inputs.sources, options);
  keep_freed_memory();
  fs::create_directories(run);
  claim_run_directory(run, run_settings(options, inputs));
  return Run(run, decoder, inputs, options).go(stop, progress);
}

double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens) {
  const at::NoGradGuard no_grad;
  double sum = 0;
  int64_t targets = 0, seen = 0, document = 0;
  while (document < store.documents() && (seen < max_tokens || max_tokens <= 0)) {
    PackedTokens packed;  // whole documents, about a row of tokens at a time
    while (document < store.documents() && static_cast<int64_t>(packed.tokens.size()) < row_tokens) {
      append_document(store, document++, row_tokens, packed);
    }
    seen += static_cast<int64_t>(packed.tokens.size());
    if (packed.target_count == 0) continue;
    const MicroBatch micro = to_device(packed, decoder.parameters().head().device());
    const TokenLoss loss =
        linear_cross_entropy(decoder.forward(micro.batch), decoder.parameters().head(), micro.targets_N);
    sum += loss.sum.item<double>();
    targets += loss.tokens;
  }
  return targets > 0 ? sum / static_cast<double>(targets) : 0.0;
}

}  // namespace evergreen
