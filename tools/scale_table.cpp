// Prints the tables of docs/scale.md: what layers keep at each level of recomputing, and Llama 3.1 on H100s.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "evergreen/model/recompute_level.hpp"
#include "evergreen/train/scale_forecast.hpp"
#include "evergreen/train/speed.hpp"

namespace evergreen {
namespace {

ModelConfig llama(int64_t hidden, int64_t layers, int64_t heads, int64_t intermediate) {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 128256, config.hidden_size = hidden, config.num_layers = layers,
  config.num_heads = heads;
  config.num_kv_heads = 8, config.head_dim = 128, config.intermediate_size = intermediate;
  config.tie_word_embeddings = false;
  return config;
}

// Of none: the share of the bytes. Of a training step: that of the operations, attention over causal sequences of 8192 counted.
void print_levels(const std::string& name, const ModelConfig& config) {
  constexpr int64_t kSequence = 8192;
  const auto layers = static_cast<double>(config.num_layers);
  const double step = flops_per_token(config) + 6.0 * layers * static_cast<double>(kSequence) *
                                                    static_cast<double>(config.num_heads * config.head_dim);
  const auto most = static_cast<double>(kept_elements(config, RecomputeLevel::none));
  for (const RecomputeLevel level : {RecomputeLevel::none, RecomputeLevel::selective, RecomputeLevel::full}) {
    const auto kept = static_cast<double>(kept_elements(config, level));
    const double again = layers * flops_made_again(config, level, kSequence);
    std::fputs(fmt::format("| {} | {} | {:.0f} | {:.0f} | {:.0f} % | {:.1f} | {:.1f} % |\n", name,
                           recompute_level_name(level), 4 * kept, 2 * kept, 100 * kept / most,
                           kSequence * layers * 2 * kept / 1e9, 100 * again / step)
                   .c_str(),
               stdout);
  }
}

void print_row(const std::string& name, const ModelConfig& config, int ranks, int shard, int64_t tokens) {
  ParallelShape shape{shard == ranks ? ParallelMode::zero3 : ParallelMode::hybrid, ranks, shard};
  shape.weight_bytes = 2, shape.gradient_bytes = 4, shape.optimizer_bytes = 12;  // bf16 and float32 masters
  const ScaleForecast forecast = scale_forecast(config, shape, {}, tokens, 8192);
  const std::string speed =
      forecast.fits ? fmt::format("{:.2f} | {:.2f} | {:.3f} | {:.0f} | {:.2f} M", forecast.compute_seconds,
                                  forecast.communication_seconds, forecast.exposed_seconds,
                                  forecast.tokens_per_second / ranks, forecast.tokens_per_second / 1e6)
                    : std::string("| | | does not fit |");
  std::fputs(fmt::format("| {} | {} | {} | {:.0f} | {:.0f} + {:.0f} | {} |\n", name, ranks, shard,
                         forecast.memory_bytes / 1e9, static_cast<double>(forecast.cost.bytes_within) / 1e9,
                         static_cast<double>(forecast.cost.bytes_across) / 1e9, speed)
                 .c_str(),
             stdout);
}

}  // namespace
}  // namespace evergreen

int main() {
  using namespace evergreen;
  const ModelConfig small = llama(4096, 32, 32, 14336), middle = llama(8192, 80, 64, 28672),
                    large = llama(16384, 126, 128, 53248);
  ModelConfig least = llama(2048, 16, 32, 8192);  // Llama 3.2 1B
  least.head_dim = 64, least.tie_word_embeddings = true;
  std::fputs(
      "| model | level | bytes a token and layer, float32 | bfloat16 | of none | 8192 tokens, bfloat16, GB | "
      "more operations |\n"
      "|---|---|---|---|---|---|---|\n",
      stdout);
  print_levels("1B", least);
  print_levels("8B", small);
  std::fputs(
      "\n| model | GPUs | shard group | memory, GB | sent in a step, GB | compute, s | communication, s | "
      "not "
      "hidden, s | tokens/s a GPU | tokens/s |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n",
      stdout);
  for (const int ranks : {8, 16, 64, 256, 1024}) print_row("8B", small, ranks, 8, 16384);
  for (const int ranks : {8, 16, 32, 64, 256, 1024})
    print_row("70B", middle, ranks, std::min(ranks, 64), 8192);
  for (const int ranks : {64, 256, 1024}) print_row("405B", large, ranks, ranks, 8192);
  return 0;
}
