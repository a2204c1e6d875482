// Tokens a second of generation and scoring for a small model (1.4M parameters: width 160, 4 layers, vocabulary 1000).
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include "evergreen/base/random.hpp"
#include "evergreen/generate/score.hpp"
#include "evergreen/model/decoder.hpp"

namespace evergreen {
namespace {

Decoder small_decoder() {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.vocab_size = 1000;
  config.hidden_size = 160;
  config.intermediate_size = 448;
  config.num_layers = 4;
  config.num_heads = 5;
  config.num_kv_heads = 5;
  config.head_dim = 32;
  config.max_position_embeddings = 256;
  config.tie_word_embeddings = true;
  return {config, init_parameters(config, 1, at::kFloat)};
}

std::vector<int32_t> random_tokens(uint64_t element, int64_t count) {
  RandomStream stream(1, "bench.tokens", element);
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(stream.below(1000)));
  return tokens;
}

// 500 prompts of 10 to 40 tokens, 20 new tokens each: what one arm of the demo asks.
void generation(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(1)));
  const Decoder decoder = small_decoder();
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 500; ++i) {
    requests.push_back(
        {.prompt = random_tokens(i, 10 + static_cast<int64_t>(i % 31)), .max_new_tokens = 20, .id = i});
  }
  int64_t tokens = 0;
  for (auto _ : state) {
    for (const Generation& g : generate(decoder, requests, {.max_sequences = state.range(0)})) {
      tokens += static_cast<int64_t>(g.tokens.size());
    }
  }
  state.counters["new_tokens/s"] =
      benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}
BENCHMARK(generation)->ArgsProduct({{1, 16, 64, 256}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();

// 400 continuations of 6 tokens after 30.
void scoring(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(1)));
  const Decoder decoder = small_decoder();
  std::vector<ScoreRequest> requests;
  for (uint64_t i = 0; i < 400; ++i) requests.push_back({random_tokens(i, 30), random_tokens(1000 + i, 6)});
  int64_t tokens = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(score(decoder, requests, {.token_budget = state.range(0)}));
    tokens += 400 * 35;
  }
  state.counters["tokens/s"] = benchmark::Counter(static_cast<double>(tokens), benchmark::Counter::kIsRate);
}
BENCHMARK(scoring)->ArgsProduct({{256, 1024, 4096}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace evergreen

BENCHMARK_MAIN();
