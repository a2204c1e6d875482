#include "evergreen/kernels/norm_qkv.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

using Function = decltype(kernels::norm_qkv);

Operation plain(Function function) {
  return [function](const Tensors& in) {
    const auto [q, k, v] = function(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]});
    return Tensors{q, k, v};
  };
}

Operation biased(Function function) {
  return [function](const Tensors& in) {
    const auto [q, k, v] = function(in[0], in[1], 1e-5, {in[2], in[5]}, {in[3], in[6]}, {in[4], in[7]});
    return Tensors{q, k, v};
  };
}

Tensors inputs(int64_t tokens, int64_t width, int64_t kv_width) {
  return {random_tensor({tokens, width}, 1, 2.0),  random_tensor({width}, 2) + 1,
          random_tensor({width, width}, 3, 0.3),   random_tensor({kv_width, width}, 4, 0.3),
          random_tensor({kv_width, width}, 5, 0.3), random_tensor({width}, 6),
          random_tensor({kv_width}, 7),            random_tensor({kv_width}, 8)};
}

TEST(NormQkv, EqualsItsReferenceWithAllGradients) {
  for (const int64_t width : {4, 12, 64, 100}) {
    Tensors in = inputs(29, width, width / 2);
    expect_like_reference(biased(kernels::norm_qkv), biased(kernels::norm_qkv_reference), in);
    in.resize(5);
    expect_like_reference(plain(kernels::norm_qkv), plain(kernels::norm_qkv_reference), in);
  }
}

TEST(NormQkv, AnOutputThatNobodyUsesHasNoGradient) {
  Tensors in = inputs(9, 8, 4);
  for (at::Tensor& x : in) x.requires_grad_();
  const auto [q, k, v] = kernels::norm_qkv(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]});
  (q.sum() + v.sum()).backward();
  Tensors reference = inputs(9, 8, 4);
  for (at::Tensor& x : reference) x.requires_grad_();
  const auto [rq, rk, rv] = kernels::norm_qkv_reference(reference[0], reference[1], 1e-5, {reference[2]},
                                                        {reference[3]}, {reference[4]});
  (rq.sum() + rv.sum()).backward();
  EXPECT_LE(relative_error(in[0].grad(), reference[0].grad()), 1e-6);
  EXPECT_LE(relative_error(in[4].grad(), reference[4].grad()), 1e-6);
  EXPECT_TRUE(!in[3].grad().defined() || in[3].grad().abs().max().item<float>() == 0);
}

}  // namespace
}  // namespace evergreen::test
