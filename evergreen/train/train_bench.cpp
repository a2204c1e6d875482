// Training steps on random tokens: tokens/s, share of the machine's matrix product rate, peak memory.
//
//   train_bench [--shape 1m|40m|40m-128k] [--steps N] [--threads N] [--chunk TOKENS] [--recompute LEVEL] [--json]
//
// tools/bench_train_rivals.py runs transformers beside it: same shapes, same weights, same tokens, same order.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/usage.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/kernels/tensor_memory.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/model/loss.hpp"
#include "evergreen/train/adamw.hpp"
#include "evergreen/train/freed_memory.hpp"

namespace evergreen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Shape {
  std::string name;
  int64_t hidden, layers, heads, kv_heads, intermediate, vocabulary, rows, row_tokens;
};

const std::vector<Shape> kShapes = {
    {"1m", 128, 4, 4, 4, 384, 2048, 32, 128},
    {"40m", 512, 8, 8, 4, 1408, 32000, 4, 512},
    {"40m-128k", 512, 8, 8, 4, 1408, 128256, 4, 512},
};

ModelConfig config_of(const Shape& shape) {
  ModelConfig config;
  config.hidden_size = shape.hidden, config.num_layers = shape.layers, config.num_heads = shape.heads;
  config.num_kv_heads = shape.kv_heads, config.head_dim = shape.hidden / shape.heads;
  config.intermediate_size = shape.intermediate, config.vocab_size = shape.vocabulary;
  config.tie_word_embeddings = true, config.rope_theta = 5e5, config.rms_norm_eps = 1e-5;
  return config;
}

// The rate of square float32 matrix products, in FLOP/s: what a training step is measured against.
double matrix_product_rate() {
  const at::Tensor a = at::rand({1024, 1024}), b = at::rand({1024, 1024});
  at::Tensor c = at::mm(a, b);
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const Clock::time_point start = Clock::now();
    at::mm_out(c, a, b);
    best = std::max(best, 2.0 * 1024 * 1024 * 1024 / seconds_since(start));
  }
  return best;
}

struct Options {
  std::string shape = "1m", weights;
  int64_t steps = 5, chunk_tokens = 0;
  int threads = 2;
  RecomputeLevel recompute = RecomputeLevel::none;
  bool json = false;
};

// Tokens of step s: a fixed sequence that the rival's script makes as well.
std::vector<int64_t> tokens_of(const Shape& shape, int64_t step) {
  std::vector<int64_t> tokens;
  uint64_t state = 88172645463325252ULL + static_cast<uint64_t>(step);
  for (int64_t i = 0; i < shape.rows * shape.row_tokens; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    tokens.push_back(static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(shape.vocabulary)));
  }
  return tokens;
}

// FLOPs of one step as the field counts them: 6 for each token and weight in a matrix product; attention apart.
struct Flops {
  double weights = 0, attention = 0;
};
Flops flops_of(const Shape& shape) {
  const auto tokens = static_cast<double>(shape.rows * shape.row_tokens);
  const auto hidden = static_cast<double>(shape.hidden), layers = static_cast<double>(shape.layers);
  const double kv = hidden * static_cast<double>(shape.kv_heads) / static_cast<double>(shape.heads);
  const double layer =
      2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * static_cast<double>(shape.intermediate);
  Flops flops;
  flops.weights = 6 * tokens * (layers * layer + hidden * static_cast<double>(shape.vocabulary));
  flops.attention =
      6 * tokens * layers * hidden * static_cast<double>(shape.row_tokens);  // causal: half of 12
  return flops;
}

template <class... Values>
void say(fmt::format_string<Values...> text, Values&&... values) {
  std::fputs(fmt::format(text, std::forward<Values>(values)...).c_str(), stdout);
}

void run(const Options& options) {
  const auto shape =
      std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& s) { return s.name == options.shape; });
  if (shape == kShapes.end())
    throw Error(ErrorKind::usage, "no such shape: " + options.shape, {}, "1m, 40m or 40m-128k");
  at::set_num_threads(options.threads);
  keep_freed_memory();
  const double rate = matrix_product_rate();
  const auto memory = std::make_shared<kernels::TensorMemory>();
  const c10::DebugInfoGuard count(c10::DebugInfoKind::PROFILER_STATE, memory);
  const ModelConfig config = config_of(*shape);
  Decoder decoder(config, options.weights.empty()
                              ? init_parameters(config, 1, at::kFloat)
                              : load_parameters(CheckpointReader(options.weights), config, at::kFloat));
  decoder.recompute(options.recompute);
  const TrainedTensors tensors = all_parameters(decoder.parameters());
  AdamW optimizer(tensors, {});
  std::vector<int64_t> offsets = {0};
  for (int64_t row = 0; row < shape->rows; ++row) offsets.push_back(offsets.back() + shape->row_tokens);
  const int64_t tokens = offsets.back();
  std::vector<double> losses, times, forward, backward, update, cpu;
  for (int64_t step = 0; step <= options.steps; ++step) {  // the first is not timed
    const std::vector<int64_t> ids = tokens_of(*shape, step);
    std::vector<int64_t> targets(ids.begin() + 1, ids.end());
    targets.push_back(kIgnoredTarget);
    for (size_t end = 1; end < offsets.size(); ++end)
      targets[static_cast<size_t>(offsets[end]) - 1] = kIgnoredTarget;
    const Clock::time_point start = Clock::now();
    const double cpu_start = processor_seconds();
    const PackedBatch batch = make_packed_batch(ids, offsets, at::kCPU);
    const TokenLoss loss = linear_cross_entropy(
        decoder.forward(batch), decoder.parameters().head(), at::tensor(targets, at::kLong),
        {.weight = 1.0 / static_cast<double>(tokens - shape->rows), .chunk_tokens = options.chunk_tokens});
    const double forward_seconds = seconds_since(start);
    loss.sum.backward();
    const double backward_seconds = seconds_since(start);
    optimizer.step(1e-4, clip_factor(gradient_norm(tensors), 1.0));
    drop_gradients(tensors);
    losses.push_back(loss.sum.item<double>());
    if (step == 0) continue;
    forward.push_back(forward_seconds);
    backward.push_back(backward_seconds - forward_seconds);
    update.push_back(seconds_since(start) - backward_seconds);
    times.push_back(seconds_since(start));
    cpu.push_back(processor_seconds() - cpu_start);
  }
  const auto median = [](std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
  };
  const double peak_mib = static_cast<double>(peak_memory()) / (1 << 20);
  const Flops flops = flops_of(*shape);
  const double seconds = median(times);
  if (options.json) {
    say("{{\"tokens_per_second\": {:.1f}, \"mfu\": {:.4f}, \"mfu_with_attention\": {:.4f}, \"rate_gflops\": "
        "{:.1f}, "
        "\"forward_ms\": {:.1f}, \"backward_ms\": {:.1f}, \"optimizer_ms\": {:.1f}, \"cpu_seconds\": {:.3f}, "
        "\"tensors_mb\": {:.1f}, \"peak_mb\": {:.1f}, "
        "\"losses\": [{:.7f}]}}\n",
        static_cast<double>(tokens) / seconds, flops.weights / seconds / rate,
        (flops.weights + flops.attention) / seconds / rate, rate / 1e9, 1e3 * median(forward),
        1e3 * median(backward), 1e3 * median(update), median(cpu),
        static_cast<double>(memory->most) / (1 << 20), peak_mib, fmt::join(losses, ", "));
    return;
  }
  say("shape {}, {} threads, {} tokens a step, float32\n", shape->name, options.threads, tokens);
  say("matrix products   {:.1f} GFLOP/s (1024 x 1024)\n", rate / 1e9);
  say("tokens/s          {:.0f}\n", static_cast<double>(tokens) / seconds);
  say("of that rate      {:.1f} % without attention, {:.1f} % with it\n",
      100 * flops.weights / seconds / rate, 100 * (flops.weights + flops.attention) / seconds / rate);
  say("forward, backward, optimiser   {:.0f}, {:.0f}, {:.0f} ms\n", 1e3 * median(forward),
      1e3 * median(backward), 1e3 * median(update));
  say("CPU seconds       {:.3f} a step\n", median(cpu));
  say("peak memory       {:.0f} MB, of tensors {:.0f} MB\n", peak_mib,
      static_cast<double>(memory->most) / (1 << 20));
  say("losses            {:.6f}\n", fmt::join(losses, " "));
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    const auto value = [&]() -> std::string {
      if (++i >= argc) throw Error(ErrorKind::usage, flag + " needs a value", {}, {});
      return argv[i];
    };
    if (flag == "--shape")
      options.shape = value();
    else if (flag == "--weights")
      options.weights = value();
    else if (flag == "--steps")
      options.steps = std::max(1, std::stoi(value()));
    else if (flag == "--threads")
      options.threads = std::stoi(value());
    else if (flag == "--chunk")
      options.chunk_tokens = std::stoi(value());
    else if (flag == "--recompute")
      options.recompute = recompute_level_from_name(value());
    else if (flag == "--json")
      options.json = true;
    else
      throw Error(ErrorKind::usage, "unknown flag " + flag, {},
                  "--shape, --weights, --steps, --threads, --chunk, --recompute, --json");
  }
  return options;
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  try {
    evergreen::run(evergreen::options_of(argc, argv));
  } catch (const std::exception& error) {
    std::fputs(fmt::format("error: {}\n", error.what()).c_str(), stderr);
    return 1;
  }
}
