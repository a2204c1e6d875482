#include "evergreen/train/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/model/loss.hpp"
#include "evergreen/train/compute_weights.hpp"
#include "evergreen/train/event_file.hpp"
#include "evergreen/train/freed_memory.hpp"
#include "evergreen/train/low_rank_training.hpp"
#include "evergreen/train/parallel_training.hpp"
#include "evergreen/train/run_settings.hpp"
#include "evergreen/train/speed.hpp"
#include "evergreen/train/step_batch.hpp"
#include "evergreen/train/train_state.hpp"

namespace evergreen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Rows of the next step, while the ranks add up what all of them hold.
struct NextBatch {
  StepBatch own;
  at::Tensor counts;  // float64: tokens, targets, ranks that were asked to stop
  Pending counted;
};

// "step 3/100  loss 2.310  mfu 41 %  1.20 GB"
std::string progress_detail(const StepMetrics& done, int64_t total) {
  std::string text = fmt::format("step {}/{}  loss {:.3f}", done.step, total, done.loss);
  if (done.mfu > 0) text += fmt::format("  mfu {:.0f} %", 100 * done.mfu);
  return text + "  " + human_bytes(static_cast<double>(done.peak_memory));
}

// Everything one run carries from step to step.
class Run {
 public:
  Run(const fs::path& directory, Decoder& decoder, const TrainInputs& inputs, const TrainOptions& options);
  ~Run() { decoder_.follow_blocks(nullptr); }
  TrainReport go(const StopFlag* stop, const ProgressFn& progress);

 private:
  void ask_for_next_batch();
  StepBatch take_next_batch(bool& stopped);
  StepMetrics step(const StepBatch& batch);
  double backward(const StepBatch& batch);
  double norm();
  void update(StepMetrics& metrics);
  void leave_out(StepMetrics& metrics, const std::string& fault);
  void validate();
  void save(bool wait);
  TrainReport report() const;
  bool due(int64_t every) const { return every > 0 && position_.step % every == 0; }
  bool finished() const { return position_.step >= options_.schedule.total_steps || forgot_; }
  bool has_forgotten() const;
  void settle_weights();
  bool leads() const { return inputs_.groups == nullptr || inputs_.groups->rank() == 0; }
  RowShare share() const {
    return inputs_.groups == nullptr ? RowShare{} : RowShare{inputs_.groups->rank(), inputs_.groups->size()};
  }
  TrainedState state() {
    return {tensors_, optimizer_, average_ ? &*average_ : nullptr, parallel_ ? &parallel_->all() : nullptr};
  }
  void open_records();

  fs::path directory_;
  Decoder& decoder_;
  const TrainInputs& inputs_;
  TrainOptions options_;
  std::optional<LowRankTraining> low_rank_;
  std::optional<ParallelTraining> parallel_;  // with several ranks
  TrainedTensors tensors_;                    // of this rank
  std::optional<ComputeWeights> computed_;    // with mixed precision
  AdamW optimizer_;
  std::optional<MovingAverage> average_;
  Packer packer_;
  TrainPosition position_;
  StepGuard guard_;
  StateWriter states_;
  std::optional<MetricsFile> metrics_;
  std::optional<EventFile> events_;
  std::vector<ValidationMetrics> validation_;  // all, also of before a resume
  bool forgot_ = false;                        // EarlyStopOptions
  const StopFlag* stop_ = nullptr;
  std::optional<NextBatch> next_;
};

at::ScalarType computed_type(Precision precision) {
  return precision == Precision::float32 ? at::kFloat : at::kBFloat16;
}

TrainedTensors tensors_of(Decoder& decoder, const std::optional<LowRankTraining>& low_rank) {
  return low_rank ? low_rank->tensors() : all_parameters(decoder.parameters());
}

// A rank's ranges of the weights, from the checkpoint if the decoder did not bring them.
TrainedTensors filled(const TrainedTensors& owned, const fs::path& weights) {
  if (weights.empty()) return owned;
  const at::NoGradGuard no_grad;
  const CheckpointReader checkpoint(weights);
  for (const TrainedTensor& tensor : owned)
    load_elements(checkpoint, tensor.name, tensor.first, tensor.value.view({-1}));
  return owned;
}

// Of those that hold the same, the first.
StateWriters state_writers(ProcessGroups* groups, ParallelMode mode) {
  if (groups == nullptr) return {};
  if (mode == ParallelMode::ddp) return {groups, groups->rank() == 0, 1};
  return {groups, groups->replicate().rank() == 0, groups->shard().size()};
}

Run::Run(const fs::path& directory, Decoder& decoder, const TrainInputs& inputs, const TrainOptions& options)
    : directory_(directory),
      decoder_(decoder),
      inputs_(inputs),
      options_(options),
      low_rank_(
          options.low_rank.rank > 0
              ? std::optional<LowRankTraining>(std::in_place, decoder, options.low_rank, options.packing.seed)
              : std::nullopt),
      parallel_(inputs.groups == nullptr ? std::optional<ParallelTraining>()
                                         : std::optional<ParallelTraining>(
                                               std::in_place, *inputs.groups, options.parallel.mode,
                                               tensors_of(decoder, low_rank_), decoder.config().num_layers,
                                               computed_type(options.precision))),
      tensors_(parallel_ ? filled(parallel_->owned(), inputs.weights) : tensors_of(decoder, low_rank_)),
      optimizer_(tensors_, options.optimizer, {options.offload_optimizer, options.packing.seed}),
      average_(options.ema_decay > 0
                   ? std::optional<MovingAverage>(std::in_place, tensors_, options.ema_decay)
                   : std::nullopt),
      packer_(inputs.sources, options.packing),
      guard_(options.guard),
      states_(directory, options.keep_states, options.background_saves,
              state_writers(inputs.groups, options.parallel.mode)) {
  if (leads()) remove_partial_states(directory);
  if (const auto saved = load_train_state(directory, state())) position_ = *saved;
  if (parallel_) parallel_->updated();
  if (parallel_) decoder_.follow_blocks(&*parallel_);
  if (options.precision == Precision::bf16) {
    parallel_ ? computed_.emplace(decoder, *parallel_)
              : computed_.emplace(decoder, tensors_, computed_type(options.precision));
    decoder_.follow_blocks(&*computed_);
  }
  decoder_.recompute(options.recompute);
  open_records();
}

// Metrics of before: rank 0 drops those of lost steps, then all read them.
void Run::open_records() {
  const fs::path directory = directory_;
  if (leads()) metrics_.emplace(directory / "metrics.jsonl", position_.step);
  if (inputs_.groups != nullptr) inputs_.groups->world().barrier();
  for (const StepMetrics& before : read_step_metrics(directory / "metrics.jsonl")) {
    before.left_out.empty() ? guard_.good(before.loss) : guard_.skipped();
  }
  validation_ = read_validation_metrics(directory / "metrics.jsonl");
  forgot_ = has_forgotten();
}

// Before weights are sent around: the counts do not wait behind them.
void Run::ask_for_next_batch() {
  if (next_) return;
  const bool stopped = stop_ != nullptr && stop_->requested();
  NextBatch next{step_batch(packer_, options_, position_.step, share()), {}, {}};
  next.counts = at::tensor(
      {static_cast<double>(next.own.tokens), static_cast<double>(next.own.targets), stopped ? 1.0 : 0.0},
      at::kDouble);
  if (inputs_.groups != nullptr) next.counted = inputs_.groups->world().all_reduce(next.counts);
  next_ = std::move(next);
}

// The rows that are this rank's, with the tokens and targets of the whole step. `stopped`: a rank was asked to stop.
StepBatch Run::take_next_batch(bool& stopped) {
  ask_for_next_batch();
  next_->counted.wait();
  const auto* all = next_->counts.const_data_ptr<double>();
  StepBatch batch = std::move(next_->own);
  batch.tokens = static_cast<int64_t>(all[0]), batch.targets = static_cast<int64_t>(all[1]),
  stopped = all[2] > 0;
  next_.reset();
  return batch;
}

double Run::backward(const StepBatch& batch) {
  double mean = 0;
  for (size_t i = 0; i < batch.parts.size(); ++i) {
    const PackedTokens& part = batch.parts[i];
    // With several ranks all make as many passes, whatever is in them.
    if (part.target_count == 0 && !parallel_) continue;
    if (parallel_) parallel_->begin_pass(true);
    if (low_rank_) low_rank_->begin_pass();
    const MicroBatch micro = to_device(part, decoder_.parameters().head().device());
    const at::Tensor hidden = decoder_.forward(micro.batch);
    const TokenLoss loss =
        linear_cross_entropy(hidden, decoder_.parameters().head(), micro.targets_N,
                             {.weight = 1.0 / static_cast<double>(batch.targets), .z_loss = options_.z_loss});
    mean += loss.sum.item<double>();
    if (!std::isfinite(mean) && !parallel_) break;
    if (parallel_) parallel_->begin_backward(i == 0, i + 1 == batch.parts.size());
    loss.sum.backward();
    if (parallel_) parallel_->finish_backward();
  }
  return parallel_ ? inputs_.groups->world().sum({mean}).front() : mean;
}

double Run::norm() { return parallel_ ? parallel_->gradient_norm() : gradient_norm(tensors_); }

StepMetrics Run::step(const StepBatch& batch) {
  StepMetrics metrics;
  metrics.step = position_.step + 1;
  metrics.tokens = position_.tokens + batch.tokens;
  metrics.learning_rate = learning_rate(options_.schedule, position_.step);
  if (batch.targets > 0) {
    metrics.loss = backward(batch);
    metrics.gradient_norm = std::isfinite(metrics.loss) ? norm() : metrics.loss;
    if (const auto fault = guard_.fault(metrics.loss, metrics.gradient_norm)) {
      leave_out(metrics, *fault);
    } else {
      update(metrics);
    }
  }
  drop_gradients(tensors_);
  position_.step = metrics.step, position_.tokens = metrics.tokens;
  if (parallel_ && metrics.left_out.empty()) {
    if (!finished()) ask_for_next_batch();
    parallel_->updated();
  }
  metrics.peak_memory = peak_memory_on(tensors_.front().value.device());
  return metrics;
}

void Run::update(StepMetrics& metrics) {
  optimizer_.step(metrics.learning_rate, clip_factor(metrics.gradient_norm, options_.clip_norm));
  if (average_) average_->add();
  if (computed_) computed_->updated();
  guard_.good(metrics.loss);
  ++position_.updates;
}

// The step changed nothing yet: its weights are those that a run which goes on, or is looked into, needs.
void Run::leave_out(StepMetrics& metrics, const std::string& fault) {
  const std::string where = std::isfinite(metrics.loss) ? tensor_with_fault(tensors_) : std::string();
  const std::string what = where.empty() ? fault : fmt::format("{} ('{}')", fault, where);
  if (guard_.on_fault() == OnFault::stop) {
    drop_gradients(tensors_);
    if (position_.step > 0) save(true);
    throw Error(
        ErrorKind::input,
        fmt::format("step {} (rows {} to {} of the run): {}", metrics.step,
                    position_.step * options_.packing.rows, metrics.step * options_.packing.rows - 1, what),
        directory_.string(),
        "lower the learning rate, look for damaged text in the corpus, or leave such steps out "
        "(--on-fault skip, in a new run)");
  }
  metrics.left_out = what;
  metrics.loss = metrics.gradient_norm = 0;
  guard_.skipped();
}

void Run::validate() {
  ValidationMetrics result{position_.step, {}};
  settle_weights();
  for (const ValidationSet& set : inputs_.validation) {
    const int64_t row = options_.packing.row_tokens, most = options_.validation_tokens;
    result.loss[set.name] = parallel_
                                ? mean_loss(decoder_, *set.store, row, most, *inputs_.groups, *parallel_)
                                : mean_loss(decoder_, *set.store, row, most);
  }
  if (result.loss.empty()) return;
  position_.validation = result.loss.at(inputs_.validation.front().name);
  if (leads()) metrics_->add(result);
  validation_.push_back(result);
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, loss] : result.loss) scalars.emplace_back("validation/" + name, loss);
  if (leads()) events_->add(position_.step, scalars);
  forgot_ = has_forgotten();
}

bool Run::has_forgotten() const {
  const EarlyStopOptions& stop = options_.early_stop;
  if (stop.set.empty() || validation_.size() < 2) return false;
  return validation_.back().loss.at(stop.set) > validation_.front().loss.at(stop.set) + stop.rise;
}

// The decoder's weights are those that are trained now, without a graph.
void Run::settle_weights() {
  const at::NoGradGuard no_grad;
  if (parallel_) parallel_->settle();
  if (low_rank_) low_rank_->begin_pass();
}

void Run::save(bool wait) { states_.save(position_, state(), wait); }

TrainReport Run::go(const StopFlag* stop, const ProgressFn& progress) {
  const Clock::time_point start = Clock::now();
  stop_ = stop;
  const int64_t total = options_.schedule.total_steps;
  if (!finished() && leads()) events_.emplace(directory_ / "tensorboard", position_.step + 1);
  if (position_.step == 0 && !finished()) validate();
  while (!finished()) {
    const Clock::time_point step_start = Clock::now();
    const uint64_t sent = inputs_.groups == nullptr ? 0 : inputs_.groups->bytes_sent();
    const double waited = inputs_.groups == nullptr ? 0 : inputs_.groups->waited_seconds();
    bool stopped = false;
    const StepBatch batch = take_next_batch(stopped);
    if (stopped) {
      save(true);
      throw Error(ErrorKind::interrupted,
                  fmt::format("training was interrupted after step {} of {}", position_.step, total),
                  directory_.string(), "the state is saved: run the same command again to go on");
    }
    StepMetrics done = step(batch);
    done.tokens_per_second = static_cast<double>(batch.tokens) / seconds_since(step_start);
    done.flops_per_second = flops_per_token(decoder_.config()) * done.tokens_per_second;
    if (options_.peak_flops > 0) done.mfu = done.flops_per_second / (options_.peak_flops * share().ranks);
    if (inputs_.groups != nullptr) {
      done.bytes_sent = static_cast<int64_t>(inputs_.groups->bytes_sent() - sent);
      done.waited_seconds = inputs_.groups->waited_seconds() - waited;
    }
    if (leads()) {
      metrics_->add(done);
      events_->add(done.step, scalars(done));
    }
    if (due(options_.validate_every) || finished()) validate();
    if (due(options_.save_every) || finished()) save(finished());
    if (progress && leads()) {
      const double tokens_per_step =
          static_cast<double>(position_.tokens) / static_cast<double>(position_.step);
      progress({"train", static_cast<double>(position_.tokens), tokens_per_step * static_cast<double>(total),
                "tokens", progress_detail(done, total)});
    }
  }
  if (average_) average_->copy_to_weights();
  if (average_ && parallel_) parallel_->updated();
  settle_weights();
  decoder_.follow_blocks(nullptr);
  computed_.reset();
  if (inputs_.groups != nullptr) inputs_.groups->world().barrier();  // rank 0's metrics are complete
  decoder_.parameters().requires_grad(false);
  TrainReport result = report();
  result.seconds = seconds_since(start);
  return result;
}

TrainReport Run::report() const {
  TrainReport result;
  result.steps = position_.step, result.tokens = position_.tokens;
  result.left_out = position_.step - position_.updates;
  result.stopped_early = forgot_;
  result.state = states_.path(position_.step);
  result.decoder_holds_result = !parallel_ || parallel_->holds_trained_weights();
  for (const StepMetrics& step : read_step_metrics(directory_ / "metrics.jsonl")) {
    if (!step.left_out.empty()) continue;
    if (result.first_loss == 0) result.first_loss = step.loss;
    result.final_loss = step.loss;
  }
  if (!validation_.empty())
    result.first_validation = validation_.front(), result.last_validation = validation_.back();
  return result;
}

void require_validation_set(const TrainInputs& inputs, const EarlyStopOptions& early_stop) {
  if (early_stop.set.empty()) return;
  std::vector<std::string> names;
  for (const ValidationSet& set : inputs.validation) names.push_back(set.name);
  if (std::find(names.begin(), names.end(), early_stop.set) != names.end()) return;
  throw Error(ErrorKind::usage,
              fmt::format("there is no validation set '{}' to stop early by", early_stop.set), {},
              names.empty() ? "hold documents out (--held-out)" : suggest_name(early_stop.set, names));
}

// The decoder comes in the type that is trained.
void require_precision(const TrainOptions& options, const Decoder& decoder) {
  if (options.precision != Precision::float32 && options.low_rank.rank > 0) {
    throw Error(ErrorKind::usage, "low-rank training is done in float32 alone", {},
                "leave --precision out with --lora-rank");
  }
  if (decoder.parameters().head().scalar_type() == trained_type(options.precision)) return;
  throw Error(ErrorKind::internal, fmt::format("a run of precision {} was given weights of another type",
                                               precision_name(options.precision)));
}

void require_parallel(const TrainOptions& options, int ranks) {
  require_even_rows(options, ranks);
  if (!shards_weights(options.parallel.mode) || options.low_rank.rank == 0) return;
  throw Error(ErrorKind::usage, "low-rank training shards no weights", {},
              "give --parallel ddp or zero1 with --lora-rank");
}

}  // namespace

at::ScalarType trained_type(Precision precision) {
  return precision == Precision::pure_bf16 ? at::kBFloat16 : at::kFloat;
}

int64_t total_steps(const TokenSources& sources, const TrainOptions& options) {
  if (options.steps > 0) return options.steps;
  const Packer packer(sources, options.packing);
  return std::max<int64_t>(
      1, std::llround(std::ceil(options.epochs * static_cast<double>(packer.steps_per_epoch()))));
}

TrainReport train(const fs::path& run, Decoder& decoder, const TrainInputs& inputs, TrainOptions options,
                  const StopFlag* stop, const ProgressFn& progress) {
  require_validation_set(inputs, options.early_stop);
  require_precision(options, decoder);
  options.schedule.total_steps = total_steps(inputs.sources, options);
  keep_freed_memory();
  fs::create_directories(run);
  if (inputs.groups == nullptr) {
    claim_run_directory(run, run_settings(options, inputs));
    return Run(run, decoder, inputs, options).go(stop, progress);
  }
  require_parallel(options, inputs.groups->size());
  try {
    inputs.groups->rank_zero_first("claim/" + run.string(),
                                   [&] { claim_run_directory(run, run_settings(options, inputs)); });
    claim_run_directory(run, run_settings(options, inputs));  // that this rank was started alike
    return Run(run, decoder, inputs, options).go(stop, progress);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) inputs.groups->watch().report(error);
    throw;
  }
}

}  // namespace evergreen
