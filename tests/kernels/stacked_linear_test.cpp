#include "evergreen/kernels/stacked_linear.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

TEST(StackedRows, OfWeightsThatLieTogetherAreAView) {
  const at::Tensor whole = random_tensor({9, 4}, 1);
  const Tensors parts = {whole.narrow(0, 1, 3), whole.narrow(0, 4, 2)};
  const at::Tensor stacked = kernels::stacked_rows(parts);
  EXPECT_TRUE(stacked.is_alias_of(whole));
  EXPECT_TRUE(at::equal(stacked, whole.narrow(0, 1, 5)));
}

TEST(StackedRows, OfOthersAreACopy) {
  const at::Tensor whole = random_tensor({9, 4}, 1);
  const std::vector<Tensors> cases = {{whole.narrow(0, 4, 2), whole.narrow(0, 1, 3)},  // in another order
                                      {whole.narrow(0, 0, 3), whole.narrow(0, 4, 2)},  // with a row between
                                      {whole.narrow(0, 0, 3), whole.narrow(0, 3, 2).clone()},
                                      {random_tensor({4, 9}, 2).t(), whole}};
  for (const Tensors& parts : cases) {
    const at::Tensor stacked = kernels::stacked_rows(parts);
    EXPECT_FALSE(stacked.is_alias_of(parts[0]));
    EXPECT_TRUE(at::equal(stacked, at::cat(parts)));
  }
}

}  // namespace
}  // namespace evergreen::test
