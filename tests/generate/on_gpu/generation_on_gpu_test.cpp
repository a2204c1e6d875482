// The engine on a GPU beside the CPU. Decoders are peaked, so that rounding changes no token in float32.
#include <c10/core/impl/VirtualGuardImpl.h>

#include "evergreen/generate/engine.hpp"
#include "evergreen/generate/score.hpp"
#include "evergreen/model/device_memory.hpp"
#include "tests/generate/tiny_model.hpp"
#include "tests/kernels/cuda/on_gpu.hpp"

namespace evergreen::test {
namespace {

const at::Device kGpu(at::kCUDA, 0);

Decoder placed(const Decoder& decoder, at::ScalarType type, Placement placement) {
  Parameters parameters(decoder.config(), type, std::move(placement));
  for (const ParameterInfo& info : parameters.table())
    parameters.at(info.name).copy_(decoder.parameters().at(info.name));
  return {decoder.config(), std::move(parameters)};
}

std::vector<GenerationRequest> requests() {
  std::vector<GenerationRequest> requests;
  for (uint64_t i = 0; i < 9; ++i)
    requests.push_back({.prompt = random_tokens(i % 4, 1 + static_cast<int64_t>(i * 7 % 23)),
                        .max_new_tokens = 3 + static_cast<int64_t>(i * 5 % 17),
                        .id = i});
  return requests;
}

void expect_like_on_cpu(const Decoder& cpu, const Decoder& gpu) {
  const std::vector<GenerationRequest> asked = requests();
  const std::vector<Generation> expected = generate(cpu, asked),
                                found = generate(gpu, asked, {.max_sequences = 4, .token_budget = 6});
  std::vector<ScoreRequest> pairs;
  for (size_t i = 0; i < asked.size(); ++i) {
    EXPECT_EQ(found[i].tokens, expected[i].tokens) << "request " << i;
    pairs.push_back({asked[i].prompt, expected[i].tokens});
  }
  const std::vector<Score> on_cpu = score(cpu, pairs), on_gpu = score(gpu, pairs);
  for (size_t i = 0; i < pairs.size(); ++i)
    EXPECT_NEAR(on_gpu[i].log_likelihood, on_cpu[i].log_likelihood, 1e-3) << "request " << i;
}

using GenerationOnGpu = OnGpu;

TEST_F(GenerationOnGpu, TokensAndLikelihoodsAreThoseOfTheCpu) {
  const Decoder decoder = tiny_decoder();
  expect_like_on_cpu(decoder, placed(decoder, at::kFloat, on_one_device(decoder.config(), kGpu)));
}

TEST_F(GenerationOnGpu, InBfloat16LikelihoodsAreNear) {
  const Decoder decoder = tiny_decoder();
  const Decoder narrow = placed(decoder, at::kBFloat16, on_one_device(decoder.config(), kGpu));
  const std::vector<ScoreRequest> pairs = {{random_tokens(1, 9), random_tokens(2, 12)}};
  const double expected = score(decoder, pairs)[0].log_likelihood;
  EXPECT_NEAR(score(narrow, pairs)[0].log_likelihood, expected, 0.05 * std::abs(expected));
}

TEST_F(GenerationOnGpu, LayersOnTwoGpusGiveTheSame) {
  if (c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount() < 2) GTEST_SKIP() << "no GPU: two are needed";
  const Decoder decoder = tiny_decoder();
  const at::Device second(at::kCUDA, 1);
  expect_like_on_cpu(decoder, placed(decoder, at::kFloat, Placement({kGpu, kGpu, second, second})));
}

TEST_F(GenerationOnGpu, FreeMemoryIsWhatTheDriverHasOnceNothingIsKept) {
  const int64_t before = free_device_bytes(kGpu);
  const int64_t size = int64_t{256} << 20;
  {
    const at::Tensor taken = at::empty({size}, at::TensorOptions(kGpu).dtype(at::kByte));
    EXPECT_LE(free_device_bytes(kGpu), before - size);
  }
  EXPECT_GT(free_device_bytes(kGpu), before - size);
}

}  // namespace
}  // namespace evergreen::test
