#include <limits>

#include "tests/kernels/cuda/arrays.hpp"

namespace evergreen::test {
namespace {

namespace cuda = kernels::cuda;
constexpr int64_t kIgnored = -100;

struct Outcome {
  Array logits, losses;
};
Outcome run(const Case& c, const std::vector<float>& logits, std::vector<int64_t> targets, float weight,
            float z_loss) {
  const auto rows = static_cast<int64_t>(targets.size());
  Outcome out{Array(c.element, logits, c.shift), Array(Element::f32, rows)};
  const cuda::CrossEntropy loss{out.logits.data(),
                                targets.data(),
                                static_cast<float*>(out.losses.data()),
                                rows,
                                static_cast<int64_t>(logits.size()) / rows,
                                kIgnored,
                                weight,
                                z_loss};
  EXPECT_EQ(cuda::launch_cross_entropy(c.element, loss, nullptr), 0);
  return out;
}

void expect_cross_entropy(const Case& c, int64_t vocabulary, double scale) {
  const std::vector<float> logits = random_floats(4 * vocabulary, 7, scale);
  const std::vector<int64_t> targets = {0, vocabulary - 1, kIgnored, vocabulary / 2};
  const Array before(c.element, logits);
  const double weight = 0.25, z_loss = 1e-3;
  const Outcome got = run(c, logits, targets, static_cast<float>(weight), static_cast<float>(z_loss));
  std::vector<double> losses, gradients;
  for (int64_t r = 0; r < 4; ++r) {
    const int64_t target = targets[static_cast<size_t>(r)], start = r * vocabulary;
    double largest = before[start], sum = 0;
    for (int64_t i = 0; i < vocabulary; ++i) largest = std::max(largest, before[start + i]);
    for (int64_t i = 0; i < vocabulary; ++i) sum += std::exp(before[start + i] - largest);
    const double log_z = largest + std::log(sum);
    losses.push_back(target == kIgnored ? 0 : log_z - before[start + target]);
    for (int64_t i = 0; i < vocabulary; ++i) {
      const double p = std::exp(before[start + i] - log_z) * (1 + 2 * z_loss * log_z);
      gradients.push_back(target == kIgnored ? 0 : weight * (p - (i == target ? 1 : 0)));
    }
  }
  expect_close(got.losses, losses, Element::f32, "losses");
  expect_close(got.logits, gradients, c.element, "gradients");
  const Outcome only_losses = run(c, logits, targets, 0, 0);
  for (int64_t r = 0; r < 4; ++r) EXPECT_EQ(only_losses.losses[r], got.losses[r]);
  for (int64_t i = 0; i < before.size(); ++i) ASSERT_EQ(only_losses.logits[i], before[i]);
}

TEST(CudaCrossEntropyOnHost, EqualsFloat64WithItsGradientInPlace) {
  for_cases([](const Case& c) {
    expect_cross_entropy(c, 5, 1);
    expect_cross_entropy(c, 1000, 3);
    expect_cross_entropy(c, 4104, 10);
    expect_cross_entropy(c, 9001, 1);
  });
}

TEST(CudaCrossEntropyOnHost, MaskedLogitsHaveNoShare) {
  const float masked = -std::numeric_limits<float>::infinity();
  const Outcome got =
      run({Element::f32, 0}, {masked, 1, masked, 1, masked, masked, masked, masked}, {1}, 1, 0);
  EXPECT_NEAR(got.losses[0], std::log(2.0), 1e-6);
  EXPECT_NEAR(got.logits[1], -0.5, 1e-6);
  EXPECT_EQ(got.logits[0], 0.0);
}

TEST(CudaCrossEntropyOnHost, FaultsAreSeenInTheLoss) {
  const float infinite = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(run({Element::f32, 0}, {1, NAN, 2, 3}, {0}, 1, 0).losses[0]));
  EXPECT_TRUE(std::isnan(run({Element::f32, 0}, {1, infinite, 2, 3}, {0}, 1, 0).losses[0]));
  EXPECT_TRUE(std::isnan(run({Element::f32, 0}, {NAN, NAN, NAN, NAN}, {0}, 1, 0).losses[0]));
  EXPECT_TRUE(std::isnan(run({Element::f32, 0}, {1, 2, 3, 4}, {4}, 1, 0).losses[0])) << "no such target";
  EXPECT_TRUE(std::isnan(run({Element::f32, 0}, {1, 2, 3, 4}, {-1}, 1, 0).losses[0])) << "no such target";
}

}  // namespace
}  // namespace evergreen::test
