#include "evergreen/kernels/norm_qkv.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

using Function = decltype(kernels::norm_qkv);

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

Tensors inputs(int64_t tokens, int64_t width, int64_t kv_width) {
  return {random_tensor({tokens, width}, 1, 2.0),
          random_tensor({width}, 2) + 1,
          random_tensor({width, width}, 3, 0.3),
          random_tensor({kv_width, width}, 4, 0.3),
          random_tensor({kv_width, width}, 5, 0.3),
          random_tensor({width}, 6),
          random_tensor({kv_width}, 7),
          random_tensor({kv_width}, 8)};
}

TEST(NormQkv, EqualsItsReferenceWithAllGradients) {
  for (const int64_t width : {4, 12, 64, 100}) {
    Tensors in = inputs(29, width, width / 2);
    expect_like_reference(biased(kernels::norm_qkv), biased(kernels::norm_qkv_reference), in);
    in.resize(5);
    expect_like_reference(plain(kernels::norm_qkv), plain(kernels::norm_qkv_reference), in);
  }
}

TEST(NormQkv, ASecondPassAddsToTheGradients) {
  Tensors leaves = inputs(19, 24, 8);
  for (at::Tensor& leaf : leaves) leaf.requires_grad_();
  biased(kernels::norm_qkv)(leaves)[0].sum().backward();
  Tensors once;
  for (const at::Tensor& leaf : leaves) once.push_back(leaf.grad().clone());
  biased(kernels::norm_qkv)(leaves)[0].sum().backward();
  for (size_t i = 0; i < leaves.size(); ++i)
    EXPECT_LE(relative_error(leaves[i].grad(), 2 * once[i]), 1e-6) << i;
}

TEST(NormQkv, SomeWeightsMayBeFrozen) {
  Tensors in = inputs(9, 8, 4), all = inputs(9, 8, 4);
  for (const size_t i : {0U, 2U, 4U}) in[i].requires_grad_();
  for (at::Tensor& x : all) x.requires_grad_();
  plain(kernels::norm_qkv)(in)[0].sum().backward();
  plain(kernels::norm_qkv)(all)[0].sum().backward();
  EXPECT_FALSE(in[1].grad().defined());
  EXPECT_FALSE(in[3].grad().defined());
  for (const size_t i : {0U, 2U, 4U}) EXPECT_LE(relative_error(in[i].grad(), all[i].grad()), 1e-6) << i;
}

}  // namespace
}  // namespace evergreen::test
