#include "evergreen/train/training_needs.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/model/loss.hpp"
#include "evergreen/train/parallel_cost.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kRest = uint64_t{400} << 20;

// Of operations in bfloat16 that are not fused, which is those of CPUs: they keep their inputs as they are and in float32.
constexpr double kUnfused = 2.5;

// Numbers that the optimiser works on.
uint64_t trained_numbers(const ModelConfig& config, const TrainOptions& options) {
  if (options.low_rank.rank == 0) return static_cast<uint64_t>(parameter_count(config));
  uint64_t numbers = 0;
  for (const ParameterInfo& info : parameter_table(config)) {
    if (info.name.ends_with("_proj.weight"))
      numbers += static_cast<uint64_t>(options.low_rank.rank * (info.shape[0] + info.shape[1]));
  }
  return numbers;
}

int64_t micro_tokens(const TrainOptions& options, int ranks) {
  const int64_t rows = std::max<int64_t>(1, options.packing.rows / ranks);
  return (options.micro_rows > 0 ? std::min(options.micro_rows, rows) : rows) * options.packing.row_tokens;
}

int shard_ranks_of(const TrainOptions& options, const RunPlace& place) {
  return options.parallel.shard_ranks > 0 ? options.parallel.shard_ranks : place.node_ranks;
}

// Ranks that share one state of the optimiser.
int owners_of_state(const TrainOptions& options, const RunPlace& place) {
  if (options.parallel.mode == ParallelMode::ddp) return 1;
  return options.parallel.mode == ParallelMode::hybrid ? shard_ranks_of(options, place) : place.ranks;
}

uint64_t state_bytes(const ModelConfig& config, const TrainOptions& options, const RunPlace& place) {
  const auto all = static_cast<uint64_t>(parameter_count(config)), trained = trained_numbers(config, options);
  if (options.low_rank.rank > 0) {
    const auto layer = static_cast<uint64_t>(unit_sizes(config, 1).layers.front());
    return 2 * 4 * all + 16 * trained + 4 * layer;
  }
  const ElementBytes bytes = element_bytes(options.precision);
  if (place.ranks == 1) {
    const int on_device = options.offload_optimizer && !place.on_cpu() ? 0 : bytes.optimizer;
    return all * static_cast<uint64_t>(bytes.weight + bytes.gradient + on_device);
  }
  const ParallelShape shape{
      .mode = options.parallel.mode,
      .ranks = place.ranks,
      .shard_ranks = shard_ranks_of(options, place),
      .weight_bytes = bytes.weight,
      .gradient_bytes = bytes.gradient,
      .optimizer_bytes = options.offload_optimizer && !place.on_cpu() ? 0 : bytes.optimizer};
  const ParallelCost cost = parallel_cost(config, shape);
  return static_cast<uint64_t>(cost.state_bytes + cost.working_bytes);
}

uint64_t activation_bytes(const ModelConfig& config, const TrainOptions& options, const RunPlace& place) {
  const bool wide = options.precision == Precision::float32;
  // In the backward pass of a layer: what it may have made again, and gradients of about 4 vectors of the hidden size and 2 of the MLP's.
  const int64_t working =
      kept_elements(config, RecomputeLevel::none) + 4 * config.hidden_size + 2 * config.intermediate_size;
  const bool unfused = !wide && place.on_cpu();
  const int64_t kept = config.num_layers * kept_elements(config, options.recompute);
  const bool keeps_inputs_alone = options.recompute == RecomputeLevel::full;
  const double elements = static_cast<double>(kept) * (unfused && !keeps_inputs_alone ? kUnfused : 1) +
                          static_cast<double>(working) * (unfused ? kUnfused : 1);
  return static_cast<uint64_t>(elements * static_cast<double>(micro_tokens(options, place.ranks)) *
                               (wide ? 4 : 2));
}

uint64_t head_bytes(const ModelConfig& config, const TrainOptions& options, const RunPlace& place) {
  const int64_t tokens = micro_tokens(options, place.ranks),
                logits = std::min(tokens, loss_chunk_tokens(config.vocab_size)) * config.vocab_size,
                gradient = config.vocab_size * config.hidden_size * 4;
  if (options.precision == Precision::float32) {
    const bool several = tokens * place.ranks < options.packing.rows * options.packing.row_tokens;
    return static_cast<uint64_t>(4 * logits + (several ? gradient : 0));
  }
  // The head's gradient is summed in float32. Logits as they are, and in float32 once more where their operations are fused, else twice and a little.
  return static_cast<uint64_t>(gradient + (place.on_cpu() ? 11 : 6) * logits);
}

// What `milder` has that was not asked for.
std::string settings_text(const TrainOptions& asked, const TrainOptions& milder) {
  std::vector<std::string> all;
  if (milder.micro_rows != asked.micro_rows) all.emplace_back("--micro-rows 1");
  if (milder.recompute != asked.recompute)
    all.push_back("--recompute " + recompute_level_name(milder.recompute));
  if (milder.save_every != asked.save_every) all.emplace_back("--save-every 0");
  if (milder.precision != asked.precision) all.push_back("--precision " + precision_name(milder.precision));
  return fmt::format("{}", fmt::join(all, " "));
}

// Each takes less than the one before, and costs more: first what changes results by rounding at the most, at last the type that is trained in.
std::vector<TrainOptions> milder_first(TrainOptions options, bool on_cpu) {
  std::vector<TrainOptions> all;
  const auto add = [&] { all.push_back(options); };
  options.micro_rows = 1, add();
  if (options.recompute == RecomputeLevel::none) options.recompute = RecomputeLevel::selective, add();
  if (options.recompute != RecomputeLevel::full) options.recompute = RecomputeLevel::full, add();
  if (options.save_every > 0 && on_cpu) options.save_every = 0, add();
  if (options.low_rank.rank == 0 && options.precision != Precision::pure_bf16)
    options.precision = Precision::pure_bf16, add();
  return all;
}

}  // namespace

MemoryNeed training_memory(const ModelConfig& config, const TrainOptions& options, const RunPlace& place) {
  MemoryNeed need;
  need.tokens = micro_tokens(options, place.ranks);
  need.state = state_bytes(config, options, place);
  const uint64_t trained = trained_numbers(config, options);
  const auto owners = static_cast<uint64_t>(owners_of_state(options, place));
  const uint64_t average = options.ema_decay > 0 ? 4 * trained : 0;
  need.state += average / owners;
  if (options.background_saves && options.save_every > 0 &&
      place.on_cpu()) {  // weights and moments as they are
    const uint64_t copied = trained * (options.precision == Precision::pure_bf16 ? 6 : 12) + average;
    need.copy = copied / owners;
  }
  need.activations = activation_bytes(config, options, place);
  need.head = head_bytes(config, options, place);
  need.rest = kRest;
  return need;
}

uint64_t saved_states_bytes(const ModelConfig& config, const TrainOptions& options, int64_t steps) {
  // The newest, the best, and the one that is being written.
  const int64_t most = options.keep_states + 2;
  const int64_t written = options.save_every > 0 ? 1 + steps / options.save_every : 1;
  const uint64_t numbers = trained_numbers(config, options) * (options.ema_decay > 0 ? 4 : 3);
  return static_cast<uint64_t>(std::min(most, written)) * 4 * numbers;
}

void require_training_memory(const ModelConfig& config, const TrainOptions& options, const RunPlace& place) {
  const MemoryNeed need = training_memory(config, options, place);
  if (need.total() <= place.free_bytes) return;
  const auto text = [](uint64_t bytes) { return human_bytes(static_cast<double>(bytes)); };
  std::string next = "use more devices (torchrun, --parallel zero3), or a larger machine";
  for (const TrainOptions& milder : milder_first(options, place.on_cpu())) {
    const uint64_t less = training_memory(config, milder, place).total();
    if (less > place.free_bytes) continue;
    next = fmt::format("{} takes about {}", settings_text(options, milder), text(less));
    break;
  }
  throw Error(
      ErrorKind::resource,
      fmt::format("training would take about {} of memory ({} for weights, gradients and optimiser, {} "
                  "for activations of {} tokens{}), {} are free",
                  text(need.total()), text(need.state), text(need.activations), need.tokens,
                  need.copy > 0 ? ", " + text(need.copy) + " for states that are being saved" : "",
                  text(place.free_bytes)),
      place.device, next);
}

}  // namespace evergreen
