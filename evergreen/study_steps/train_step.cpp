#include "evergreen/study_steps/train_step.hpp"

#include <cmath>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/fingerprint.hpp"
#include "evergreen/pipeline/model_directory.hpp"
#include "evergreen/study/cost.hpp"

namespace evergreen::study {
namespace {

constexpr int64_t kSaves = 4;  // states in a run's course: what a kill loses at most is a quarter of it

bool is_chat(const StepWork& work) { return work.setting("config") == "instruct"; }

TrainOptions train_options(const StepWork& work) {
  TrainOptions o;
  o.packing = {.row_tokens = work.whole("row-tokens"),
               .rows = work.whole("rows"),
               .method = is_chat(work) ? PackingMethod::whole : PackingMethod::concatenate,
               .seed = static_cast<uint64_t>(work.whole("seed"))};
  o.steps = work.whole("steps");
  o.schedule.kind = schedule_from_name(work.setting("schedule"));
  o.schedule.peak = work.number("learning-rate");
  o.schedule.min_ratio = work.number("min-lr-ratio");
  o.schedule.warmup_steps = work.whole("warmup-steps");
  o.schedule.decay_steps = work.whole("decay-steps");
  o.optimizer.beta1 = work.number("beta1"), o.optimizer.beta2 = work.number("beta2");
  o.optimizer.weight_decay = work.number("weight-decay");
  o.clip_norm = work.number("clip-norm");
  o.low_rank.rank = work.whole("lora-rank");
  if (o.low_rank.rank > 0) o.low_rank.alpha = work.number("lora-alpha");
  o.validate_every = 0;
  o.save_every = std::max<int64_t>(1, o.steps / kSaves);
  o.keep_states = 1;
  return o;
}

// The state of a shorter run becomes where this one begins. Nothing to do where this one has begun already, or where the shorter
// one's state is gone: then all its steps are done again, to the same weights.
void take_over(const fs::path& shorter, const fs::path& run) {
  if (fs::exists(run / "checkpoints") || !fs::exists(shorter / "checkpoints")) return;
  const fs::path partial = run.string() + ".taken";
  fs::remove_all(partial);
  fs::create_directories(partial);
  fs::copy(shorter / "checkpoints", partial / "checkpoints", fs::copy_options::recursive);
  fs::copy_file(shorter / "metrics.jsonl", partial / "metrics.jsonl");
  fs::remove_all(run);
  fs::rename(partial, run);
}

// Seconds and tokens of the steps after `before`, over all attempts: each step's line is there once.
void measure(const fs::path& metrics, int64_t before, StepOutcome& outcome) {
  double tokens_before = 0;
  for (const StepMetrics& step : read_step_metrics(metrics)) {
    const auto tokens = static_cast<double>(step.tokens);
    if (step.step > before) {
      outcome.seconds += (tokens - tokens_before) / step.tokens_per_second;
      outcome.tokens += tokens - tokens_before;
    }
    tokens_before = tokens;
  }
}

int64_t steps_before(const StepWork& work) {
  const auto shorter = work.inputs.find("continues");
  if (shorter == work.inputs.end()) return 0;
  const auto lines = read_step_metrics(shorter->second / "run" / "metrics.jsonl");
  return lines.empty() ? 0 : lines.back().step;
}

void save(const StepWork& work, const Decoder& decoder, const fs::path& start) {
  const fs::path out = work.out / "model";
  if (fs::exists(out)) return;
  const ModelConfig config = read_model_config(start);
  SaveModelOptions save;
  save.dtype = work.setting("dtype") == "f32" ? Dtype::f32 : config.dtype.value_or(Dtype::f32);
  save.companions = work.inputs.at("files");
  save.config_json = merge_config_json(start, is_chat(work) ? save.companions : start, save.dtype);
  save.provenance.command = "study run";
  save.provenance.settings = work.step.settings;
  save.provenance.inputs = {{"start", start.string(), fingerprint(CheckpointReader(start))}};
  save.provenance.seed = static_cast<uint64_t>(work.whole("seed"));
  save_model(decoder, out, save);
}

}  // namespace

StepOutcome train_step(const StepWork& work) {
  const fs::path start = work.model("start"), run = work.out / "run";
  if (work.inputs.contains("continues")) take_over(work.inputs.at("continues") / "run", run);
  std::vector<PreparedSource> sources = {{work.inputs.at("data") / "data"}};
  if (work.inputs.contains("replay")) {
    const double share = work.number("replay-share");
    sources.front().weight = 1 - share;
    sources.push_back({work.inputs.at("replay") / "data", share, "replay"});
  }
  Decoder decoder = load_decoder(start);
  const TrainReport report = continue_pretraining(decoder, fingerprint(CheckpointReader(start)), sources, run,
                                                  train_options(work), work.stop, work.progress);
  save(work, decoder, start);
  StepOutcome outcome;
  measure(run / "metrics.jsonl", steps_before(work), outcome);
  outcome.flops = training_flops(model_size(decoder.config()), outcome.tokens);
  outcome.json = to_text({{"steps", report.steps},
                          {"tokens_in_all", report.tokens},
                          {"first_loss", report.first_loss},
                          {"final_loss", report.final_loss}});
  return outcome;
}

}  // namespace evergreen::study
