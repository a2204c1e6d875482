#include "evergreen/train/compute_weights.hpp"

#include <gtest/gtest.h>

#include "evergreen/model/loss.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
namespace {

at::Tensor loss_of(const Decoder& decoder) {
  const PackedBatch batch = make_packed_batch({1, 2, 3, 4, 5, 6}, {0, 4, 6}, at::kCPU);
  const at::Tensor hidden = decoder.forward(batch);
  return linear_cross_entropy(hidden, decoder.parameters().head(), at::tensor({2, 3, 4, 5, 6, 7}, at::kLong))
      .sum;
}

}  // namespace

TEST(ComputeWeights, LayersReadNarrowCopiesAndTheirGradientsReachTheTrainedWeights) {
  for (const bool untied : {false, true}) {
    Decoder mixed = test::tiny_decoder(1, test::tiny_config(untied)),
            exact = test::tiny_decoder(1, test::tiny_config(untied));
    const TrainedTensors weights = all_parameters(mixed.parameters());
    all_parameters(exact.parameters());
    ComputeWeights computed(mixed, weights, at::kBFloat16);
    mixed.follow_blocks(&computed);
    for (int pass = 0; pass < 2; ++pass) {
      loss_of(mixed).backward();
      loss_of(exact).backward();
      EXPECT_EQ(mixed.parameters().head().scalar_type(), at::kBFloat16);
    }
    for (const TrainedTensor& weight : weights) {
      const at::Tensor got = weight.value.grad(), expected = exact.parameters().at(weight.name).grad();
      ASSERT_TRUE(got.defined()) << weight.name;
      EXPECT_EQ(got.scalar_type(), at::kFloat);
      EXPECT_LE((got - expected).norm().item<double>(), 0.05 * expected.norm().item<double>() + 1e-3)
          << weight.name;
    }
    mixed.follow_blocks(nullptr);
  }
}

TEST(ComputeWeights, CopiesFollowAnUpdateAndTheDecoderGetsItsWeightsBack) {
  Decoder decoder = test::tiny_decoder(1);
  const TrainedTensors weights = all_parameters(decoder.parameters());
  const at::NoGradGuard no_grad;
  double before = 0, stale = 0, after = 0;
  {
    ComputeWeights computed(decoder, weights, at::kBFloat16);
    decoder.follow_blocks(&computed);
    before = loss_of(decoder).item<double>();
    for (const TrainedTensor& weight : weights) weight.value.mul_(1.5);
    stale = loss_of(decoder).item<double>();
    computed.updated();
    after = loss_of(decoder).item<double>();
    decoder.follow_blocks(nullptr);
  }
  EXPECT_EQ(before, stale) << "weights are read when an update is told of";
  EXPECT_NE(before, after);
  for (const TrainedTensor& weight : weights)
    EXPECT_TRUE(decoder.parameters().at(weight.name).is_same(weight.value)) << weight.name;
}

}  // namespace evergreen
