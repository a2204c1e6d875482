#include "evergreen/kernels/linear.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

TEST(ResidualLinear, EqualsItsReferenceWithAllGradients) {
  const auto operation = [](auto function, bool bias) -> Operation {
    return [=](const Tensors& in) {
      return Tensors{function(in[0], in[1], bias ? kernels::Linear{in[2], in[3]} : kernels::Linear{in[2]})};
    };
  };
  Tensors in = {random_tensor({21, 10}, 1), random_tensor({21, 33}, 2), random_tensor({10, 33}, 3),
                random_tensor({10}, 4)};
  expect_like_reference(operation(kernels::residual_linear, true),
                        operation(kernels::residual_linear_reference, true), in);
  in.pop_back();
  expect_like_reference(operation(kernels::residual_linear, false),
                        operation(kernels::residual_linear_reference, false), in);
}

}  // namespace
}  // namespace evergreen::test
