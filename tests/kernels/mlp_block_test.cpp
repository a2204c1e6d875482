#include "evergreen/kernels/mlp_block.hpp"

#include "tests/kernels/against_reference.hpp"
#include "tests/support/memory_count.hpp"

namespace evergreen::test {
namespace {

// x, norm, gate, up, down, and the three biases
Tensors inputs(int64_t tokens, int64_t width, int64_t inner) {
  return {random_tensor({tokens, width}, 1, 2.0),
          random_tensor({width}, 2) + 1,
          random_tensor({inner, width}, 3, 0.3),
          random_tensor({inner, width}, 4, 0.3),
          random_tensor({width, inner}, 5, 0.3),
          random_tensor({inner}, 6),
          random_tensor({inner}, 7),
          random_tensor({width}, 8)};
}

using Function = decltype(kernels::mlp_block_reference);

template <kernels::MlpPass pass>
at::Tensor fused(const at::Tensor& x, const at::Tensor& norm, double eps, const kernels::Linear& gate,
                 const kernels::Linear& up, const kernels::Linear& down) {
  return kernels::mlp_block(x, norm, eps, gate, up, down, pass);
}
constexpr auto kept = fused<kernels::MlpPass::keep>;
constexpr auto made_again = fused<kernels::MlpPass::make_again>;

Operation plain(Function function) {
  return [function](const Tensors& in) {
    return Tensors{function(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]})};
  };
}

Operation biased(Function function) {
  return [function](const Tensors& in) {
    return Tensors{function(in[0], in[1], 1e-5, {in[2], in[5]}, {in[3], in[6]}, {in[4], in[7]})};
  };
}

TEST(MlpBlock, EqualsItsReferenceWithAllGradients) {
  for (const int64_t width : {1, 7, 16, 40, 100}) {
    Tensors in = inputs(33, width, 2 * width + 3);
    for (Function* const function : {kept, made_again})
      expect_like_reference(biased(function), biased(kernels::mlp_block_reference), in);
    in.resize(5);
    for (Function* const function : {kept, made_again})
      expect_like_reference(plain(function), plain(kernels::mlp_block_reference), in);
  }
}

TEST(MlpBlock, MakingGateAndUpAgainChangesNoBitAndKeepsTheInputAlone) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const Tensors in = inputs(33, 40, 83);
    const ValuesAndGradients a = run_with_gradients(biased(kept), in, at::kFloat),
                             b = run_with_gradients(biased(made_again), in, at::kFloat);
    EXPECT_TRUE(at::equal(a.values[0], b.values[0])) << hwy::TargetName(target);
    for (size_t i = 0; i < in.size(); ++i)
      EXPECT_TRUE(at::equal(a.gradients[i], b.gradients[i])) << hwy::TargetName(target) << ", input " << i;
  }
  hwy::SetSupportedTargetsForTest(0);
  Tensors leaves;
  for (const at::Tensor& x : inputs(33, 40, 83)) leaves.push_back(x.clone().requires_grad_());
  const auto held = [&](Function* function) {
    return bytes_held_by([&] { return plain(function)(leaves); });
  };
  EXPECT_EQ(held(made_again), 33 * 40 * 4) << "the result";
  EXPECT_EQ(held(kept), 33 * (40 + 2 * 83 + 1) * 4) << "gate, up and the scale of the norm too";
}

TEST(MlpBlock, GatesFarFromZeroAreExact) {
  Tensors in = inputs(20, 24, 50);
  in[2] = in[2] * 100;  // exp overflows float32 on one side
  in.resize(5);
  expect_like_reference(plain(kept), plain(kernels::mlp_block_reference), in, 1e-5);
}

TEST(MlpBlock, ASecondPassAddsToTheGradients) {
  const Operation operation = plain(kept);
  Tensors leaves;
  for (const at::Tensor& x : inputs(19, 24, 50)) leaves.push_back(x.clone().requires_grad_());
  leaves.resize(5);
  operation(leaves)[0].sum().backward();
  Tensors once;
  for (const at::Tensor& leaf : leaves) once.push_back(leaf.grad().clone());
  operation(leaves)[0].sum().backward();
  for (size_t i = 0; i < leaves.size(); ++i)
    EXPECT_LE(relative_error(leaves[i].grad(), 2 * once[i]), 1e-6) << i;
}

TEST(MlpBlock, FrozenWeightsGetNoGradient) {
  Tensors in = inputs(9, 8, 16);
  in[0].requires_grad_();
  kernels::mlp_block(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]}).sum().backward();
  EXPECT_TRUE(in[0].grad().defined());
  for (size_t i = 1; i < in.size(); ++i) EXPECT_FALSE(in[i].grad().defined()) << i;
}

TEST(MlpBlock, OtherDtypesTakeTheReference) {
  Tensors in = inputs(9, 8, 16);
  for (at::Tensor& x : in) x = x.to(at::kBFloat16);
  for (Function* const function : {kept, made_again})
    EXPECT_TRUE(at::equal(plain(function)(in)[0], plain(kernels::mlp_block_reference)(in)[0]));
}

}  // namespace
}  // namespace evergreen::test
