#include "evergreen/kernels/rotary_attention.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

struct Angles {
  at::Tensor cosines, sines;
  Angles(int64_t tokens, int64_t half) {
    const at::Tensor turns = at::outer(at::arange(tokens, at::kFloat),
                                       at::rand({half}, at::make_generator<at::CPUGeneratorImpl>(4)));
    cosines = turns.cos(), sines = turns.sin();
  }
};

using Function = decltype(kernels::rotary_attention);

Operation attend(Function function, kernels::AttentionHeads heads, const Angles& angles,
                 const std::vector<int64_t>& cu_seqlens) {
  return [=](const Tensors& in) {
    const at::ScalarType type = in[0].scalar_type();
    return Tensors{function(in[0], heads, angles.cosines.to(type), angles.sines.to(type), cu_seqlens)};
  };
}

// Queries and keys of that spread, values of spread 1.
at::Tensor random_qkv(int64_t tokens, kernels::AttentionHeads heads, int64_t width, double peak = 1.0) {
  return at::cat({random_tensor({tokens, (heads.heads + heads.kv_heads) * width}, 1, peak),
                  random_tensor({tokens, heads.kv_heads * width}, 3)},
                 1);
}

void expect_attention(int64_t heads, int64_t kv_heads, int64_t width, const std::vector<int64_t>& cu_seqlens,
                      double peak = 1.0) {
  const int64_t tokens = cu_seqlens.back();
  const Angles angles(tokens, width / 2);
  const kernels::AttentionHeads shape{heads, kv_heads};
  expect_like_reference(attend(kernels::rotary_attention, shape, angles, cu_seqlens),
                        attend(kernels::rotary_attention_reference, shape, angles, cu_seqlens),
                        {random_qkv(tokens, shape, width, peak)}, 1e-5);
}

TEST(RotaryAttention, EqualsItsReferenceWithAllGradients) {
  expect_attention(4, 4, 32, {0, 128});
  expect_attention(8, 2, 16, {0, 1, 2, 65, 130, 131});
  expect_attention(6, 3, 6, {0, 64, 191, 200});
  expect_attention(3, 1, 40, {0, 37});
}

TEST(RotaryAttention, PeakedScoresAreExact) { expect_attention(4, 2, 32, {0, 100, 180}, 6.0); }

TEST(RotaryAttention, EmptySequencesAreNothing) { expect_attention(2, 2, 8, {0, 0, 5, 5, 9}); }

TEST(RotaryAttention, NothingCrossesFromOneSequenceToAnother) {
  const std::vector<int64_t> cu_seqlens = {0, 70, 150};
  const Angles angles(150, 8);
  Tensors in = {random_qkv(150, {2, 2}, 16)};
  const Operation operation = attend(kernels::rotary_attention, {2, 2}, angles, cu_seqlens);
  const at::Tensor before = operation(in)[0];
  for (at::Tensor& x : in) x = x.clone(), x.narrow(0, 0, 70).fill_(1e6F);
  EXPECT_TRUE(at::equal(operation(in)[0].narrow(0, 70, 80), before.narrow(0, 70, 80)));
}

TEST(RotaryAttention, ThreadsChangeNoBit) {
  const std::vector<int64_t> cu_seqlens = {0, 30, 200, 333};
  const Angles angles(333, 8);
  const Tensors in = {random_qkv(333, {4, 2}, 16)};
  const Operation operation = attend(kernels::rotary_attention, {4, 2}, angles, cu_seqlens);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const ValuesAndGradients one = run_with_gradients(operation, in, at::kFloat);
  at::set_num_threads(3);
  const ValuesAndGradients three = run_with_gradients(operation, in, at::kFloat);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.values[0], three.values[0]));
  EXPECT_TRUE(at::equal(one.gradients[0], three.gradients[0]));
}

}  // namespace
}  // namespace evergreen::test
