// Elements and bytes a second of combine_slice() alone: each instruction set of this machine, the dtypes that matter,
// slices that stay in the second-level cache and slices that do not; beside them memory copy, which is the limit.
#include <cmath>
#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "evergreen/base/random.hpp"
#include "evergreen/residual/kernel_target.hpp"
#include "evergreen/residual/residual_kernel.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kInCache = 64 << 10, kInMemory = 16 << 20;  // elements

struct Case {
  std::string name;
  Dtype c0, a, b, out;
  bool has_c0 = true, has_b = true;
};

const std::vector<Case> kCases = {
    {"graft_bf16", Dtype::bf16, Dtype::bf16, Dtype::bf16, Dtype::bf16},
    {"graft_f16", Dtype::f16, Dtype::f16, Dtype::f16, Dtype::f16},
    {"graft_f32", Dtype::f32, Dtype::f32, Dtype::f32, Dtype::f32},
    {"graft_bf16_onto_f32", Dtype::f32, Dtype::bf16, Dtype::bf16, Dtype::f32},
    {"apply_f32_to_bf16", Dtype::bf16, Dtype::f32, Dtype::f32, Dtype::bf16, true, false},
    {"extract_bf16_to_f32_with_loss", Dtype::f32, Dtype::bf16, Dtype::bf16, Dtype::f32, false},
    {"extract_bf16_to_bf16_with_loss", Dtype::f32, Dtype::bf16, Dtype::bf16, Dtype::bf16, false},
};

// Weights of a few hundredths, as models have them; `seed` 0 and 1 differ a little.
std::vector<std::byte> weights(Dtype dtype, uint64_t elements, uint64_t seed) {
  std::vector<double> values(1 << 16);
  RandomStream base(1, "bench.kernel"), shift(1 + seed, "bench.kernel.shift");
  for (double& value : values) value = 0.02 * base.normal() + 1e-4 * shift.normal();
  const size_t size = static_cast<size_t>(dtype_bits(dtype)) / 8;
  std::vector<std::byte> some(values.size() * size), all(elements * size);
  encode(dtype, values, some);
  for (size_t at = 0; at < all.size(); at += some.size())
    std::memcpy(all.data() + at, some.data(), std::min(some.size(), all.size() - at));
  return all;
}

Operand view(Dtype dtype, const std::vector<std::byte>& bytes) { return {dtype, bytes}; }

void kernel(benchmark::State& state, const std::string& target, const Case& one, uint64_t elements) {
  use_kernel_target(target);
  const auto c0 = one.has_c0 ? weights(one.c0, elements, 0) : std::vector<std::byte>();
  const auto a = weights(one.a, elements, 1);
  const auto b = one.has_b ? weights(one.b, elements, 2) : std::vector<std::byte>();
  std::vector<std::byte> out(elements * static_cast<uint64_t>(dtype_bits(one.out)) / 8);
  const std::vector<KernelTerm> terms = {{1, view(one.a, a), view(one.b, b)}};
  KernelSums sums;
  for (auto _ : state) {
    const auto fault = combine_slice({view(one.c0, c0), terms, elements, one.out, !one.has_c0}, out, sums);
    if (fault) state.SkipWithError("a fault where there is none");
    benchmark::DoNotOptimize(out.data());
  }
  const uint64_t bytes = c0.size() + a.size() + b.size() + out.size();
  state.SetItemsProcessed(static_cast<int64_t>(elements * state.iterations()));
  state.SetBytesProcessed(static_cast<int64_t>(bytes * state.iterations()));
  use_kernel_target("");
}

// Bytes read and bytes written, counted as those of the kernel are.
void memory_copy(benchmark::State& state, uint64_t bytes) {
  const std::vector<std::byte> from(bytes / 2, std::byte{1});
  std::vector<std::byte> to(bytes / 2);
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes * state.iterations()));
}

void register_all() {
  for (const auto& [where, elements] : {std::pair{"cache", kInCache}, {"memory", kInMemory}}) {
    benchmark::RegisterBenchmark((std::string("memory_copy/") + where).c_str(), memory_copy, 8 * elements);
    for (const std::string& target : kernel_targets()) {
      for (const Case& one : kCases) {
        const std::string name = one.name + "/" + target + "/" + where;
        benchmark::RegisterBenchmark(name.c_str(), kernel, target, one, elements);
      }
    }
  }
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  evergreen::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
