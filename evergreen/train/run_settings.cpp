#include "evergreen/train/run_settings.hpp"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/train/train.hpp"

namespace evergreen {

namespace {

std::string sources_text(const TokenSources& sources) {
  std::string text;
  for (const TokenSource& source : sources) {
    if (!text.empty()) text += ", ";
    text += to_string(source.store->hash());
    if (sources.size() > 1) text += fmt::format(" : {}", source.weight);
  }
  return text;
}

}  // namespace

RunSettings run_settings(const TrainOptions& o, const TrainInputs& inputs) {
  return {{"batch-rows", fmt::to_string(o.packing.rows)},
          {"row-tokens", fmt::to_string(o.packing.row_tokens)},
          {"micro-rows", fmt::to_string(o.micro_rows)},
          {"packing", packing_name(o.packing.method)},
          {"seed", fmt::to_string(o.packing.seed)},
          {"steps", fmt::to_string(o.schedule.total_steps)},
          {"schedule", schedule_name(o.schedule.kind)},
          {"learning-rate", fmt::to_string(o.schedule.peak)},
          {"min-lr-ratio", fmt::to_string(o.schedule.min_ratio)},
          {"warmup-steps", fmt::to_string(o.schedule.warmup_steps)},
          {"decay-steps", fmt::to_string(o.schedule.decay_steps)},
          {"decay-shape", decay_name(o.schedule.decay)},
          {"cooldown-steps", fmt::to_string(o.schedule.cooldown_steps)},
          {"constant-ratio", fmt::to_string(o.schedule.constant_ratio)},
          {"z-loss", fmt::to_string(o.z_loss)},
          {"ema-decay", fmt::to_string(o.ema_decay)},
          {"lora-rank", fmt::to_string(o.low_rank.rank)},
          {"lora-alpha", fmt::to_string(o.low_rank.alpha)},
          {"spike", fmt::to_string(o.guard.spike)},
          {"on-fault", on_fault_name(o.guard.on_fault)},
          {"early-stop",
           o.early_stop.set.empty() ? "" : fmt::format("{}:{}", o.early_stop.set, o.early_stop.rise)},
          {"beta1", fmt::to_string(o.optimizer.beta1)},
          {"beta2", fmt::to_string(o.optimizer.beta2)},
          {"eps", fmt::to_string(o.optimizer.eps)},
          {"weight-decay", fmt::to_string(o.optimizer.weight_decay)},
          {"clip-norm", fmt::to_string(o.clip_norm)},
          {"model", inputs.model_hash},
          {"tokens", sources_text(inputs.sources)},
          {"threads", fmt::to_string(at::get_num_threads())},
          {"precision", precision_name(o.precision)},
          {"ranks", fmt::to_string(inputs.groups == nullptr ? 1 : inputs.groups->size())},
          {"parallel", inputs.groups == nullptr ? "" : parallel_mode_name(o.parallel.mode)}};
}

void claim_run_directory(const fs::path& directory, const RunSettings& settings) {
  const fs::path file = directory / "settings.json";
  if (!fs::exists(file)) {
    replace_file(file, to_text(OrderedJson(settings)));
    return;
  }
  const Json before = read_json(file);
  for (const auto& [name, value] : settings) {
    const std::string old = json_get_or<std::string>(before, name, "", file.string());
    if (old == value || name == "threads" || name == "ranks" || name == "parallel") continue;
    throw Error(
        ErrorKind::input, fmt::format("the run was started with {} = {}, now it is {}", name, old, value),
        directory.string(), "go on with the same settings and data, or delete the directory to start anew");
  }
}

}  // namespace evergreen
