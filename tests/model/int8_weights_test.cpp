#include "evergreen/model/int8_weights.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace evergreen::test {
namespace {

TEST(Int8Weights, ARowIsWithinHalfAStepOfItsScale) {
  at::Tensor weight = at::randn({7, 50}, at::make_generator<at::CPUGeneratorImpl>(1));
  weight[3].zero_();
  weight[4].mul_(1e-30);
  const Int8Matrix matrix = int8_matrix(weight);
  const at::Tensor scale = matrix.scale_O.unsqueeze(1),
                   error = (matrix.weight_OI.to(at::kFloat) * scale - weight).abs();
  EXPECT_TRUE((error <= scale * 0.5001).all().item<bool>());
  EXPECT_TRUE(
      at::equal(matrix.weight_OI.abs().amax(1), at::tensor({127, 127, 127, 0, 127, 127, 127}, at::kChar)));
  EXPECT_EQ(matrix.scale_O[3].item<float>(), 0);
}

}  // namespace
}  // namespace evergreen::test
