#include "evergreen/kernels/rms_norm.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

TEST(RmsNorm, EqualsItsReferenceWithAllGradients) {
  const auto operation = [](auto function) -> Operation {
    return [=](const Tensors& in) { return Tensors{function(in[0], in[1], 1e-5)}; };
  };
  for (const int64_t width : {3, 15, 16, 17, 33, 512}) {
    for (const double scale : {1e-3, 1.0, 1e4}) {
      expect_like_reference(operation(kernels::rms_norm), operation(kernels::rms_norm_reference),
                            {random_tensor({41, width}, 1, scale), random_tensor({width}, 2)}, 5e-6);
    }
  }
}

}  // namespace
}  // namespace evergreen::test
