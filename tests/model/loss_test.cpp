#include "evergreen/model/loss.hpp"

#include <gtest/gtest.h>

#include "evergreen/kernels/embedding.hpp"
#include "tests/model/golden.hpp"

namespace evergreen::test {
namespace {

struct Example {
  at::Tensor hidden, head, targets;
  explicit Example(int64_t tokens = 37, at::ScalarType type = at::kFloat) {
    const auto generator = at::make_generator<at::CPUGeneratorImpl>(7);
    hidden = at::randn({tokens, 12}, generator, at::kFloat).to(type).requires_grad_();
    head = at::randn({29, 12}, generator, at::kFloat).to(type).requires_grad_();
    targets = at::randint(29, {tokens}, generator, at::kLong);
  }
};

TEST(LinearCrossEntropy, EqualsCrossEntropyOfTheLogitsAndItsGradients) {
  const Example fused, plain;
  fused.targets.slice(0, 3, 9).fill_(kIgnoredTarget);
  plain.targets.slice(0, 3, 9).fill_(kIgnoredTarget);
  const TokenLoss loss = linear_cross_entropy(fused.hidden, fused.head, fused.targets, {.chunk_tokens = 8});
  const at::Tensor expected =
      at::cross_entropy_loss(at::linear(plain.hidden, plain.head), plain.targets, {}, at::Reduction::Sum);
  EXPECT_EQ(loss.tokens, 31);
  EXPECT_NEAR(loss.sum.item<double>(), expected.item<double>(), 1e-4);
  (loss.sum * 0.25).backward();
  (expected * 0.25).backward();
  EXPECT_LE(relative_difference(fused.hidden.grad(), plain.hidden.grad()), 1e-6);
  EXPECT_LE(relative_difference(fused.head.grad(), plain.head.grad()), 1e-6);
}

TEST(LinearCrossEntropy, ASecondPassAddsToTheHeadsGradientInPlace) {
  const Example example;
  const auto pass = [&] {
    linear_cross_entropy(example.hidden, example.head, example.targets).sum.backward();
  };
  pass();
  const at::Tensor once = example.head.grad().clone();
  const void* place = example.head.grad().data_ptr();
  pass();
  EXPECT_EQ(example.head.grad().data_ptr(), place);
  EXPECT_LE(relative_difference(example.head.grad(), 2 * once), 1e-6);
}

TEST(LinearCrossEntropy, ATiedEmbeddingAndAHeadThatIsComputedGetTheirGradients) {
  const Example tied, plain;
  const at::Tensor tokens = plain.targets.flip(0);
  const auto loss_of = [&](const Example& example, const at::Tensor& hidden, const at::Tensor& head) {
    return linear_cross_entropy(hidden, head, example.targets).sum;
  };
  loss_of(tied, kernels::embedding(tied.head, tokens), tied.head).backward();
  // The same by autograd alone: a head that is no leaf.
  const at::Tensor head = plain.head * 1;
  loss_of(plain, at::embedding(plain.head, tokens), head).backward();
  EXPECT_LE(relative_difference(tied.head.grad(), plain.head.grad()), 1e-6);
}

TEST(LinearCrossEntropy, TheZLossChangesTheGradientAlone) {
  const Example fused, plain;
  const TokenLoss loss =
      linear_cross_entropy(fused.hidden, fused.head, fused.targets, {.weight = 0.5, .z_loss = 0.01});
  const at::Tensor logits = at::linear(plain.hidden, plain.head);
  const at::Tensor cross_entropy = at::cross_entropy_loss(logits, plain.targets, {}, at::Reduction::Sum);
  EXPECT_NEAR(loss.sum.item<double>(), 0.5 * cross_entropy.item<double>(), 1e-4);
  loss.sum.backward();
  (0.5 * (cross_entropy + 0.01 * logits.logsumexp(-1).square().sum())).backward();
  EXPECT_LE(relative_difference(fused.hidden.grad(), plain.hidden.grad()), 2e-6);
  EXPECT_LE(relative_difference(fused.head.grad(), plain.head.grad()), 2e-6);
}

TEST(LinearCrossEntropy, GivesZeroAndZeroGradientsWhereEveryTargetIsIgnored) {
  const Example example;
  const TokenLoss loss =
      linear_cross_entropy(example.hidden, example.head, at::full({37}, kIgnoredTarget, at::kLong));
  loss.sum.backward();
  EXPECT_EQ(loss.tokens, 0);
  EXPECT_EQ(loss.sum.item<double>(), 0);
  EXPECT_EQ(example.hidden.grad().abs().max().item<double>(), 0);
}

TEST(LinearCrossEntropy, TakesWeightsOfHalfPrecisionAndGivesTheirGradientsInKind) {
  const Example half(37, at::kBFloat16), wide;
  const TokenLoss loss = linear_cross_entropy(half.hidden, half.head, half.targets);
  const TokenLoss expected = linear_cross_entropy(wide.hidden, wide.head, wide.targets);
  loss.sum.backward();
  expected.sum.backward();
  EXPECT_EQ(half.head.grad().scalar_type(), at::kBFloat16);
  EXPECT_NEAR(loss.sum.item<double>() / expected.sum.item<double>(), 1, 0.02);
  EXPECT_LE(relative_difference(half.head.grad(), wide.head.grad()), 0.05);
}

TEST(ScoreTokens, GivesEachTargetsLogProbabilityAndWhetherItIsTheBest) {
  const Example example;
  const at::Tensor targets = example.targets.clone();
  targets[0] = kIgnoredTarget;
  targets[1] = at::linear(example.hidden[1], example.head).argmax();
  const TokenScores scores = score_tokens(example.hidden, example.head, targets, 10);
  const at::Tensor log_p = at::linear(example.hidden, example.head).log_softmax(-1);
  EXPECT_EQ(scores.log_probability_N[0].item<float>(), 0);
  EXPECT_FALSE(scores.greedy_N[0].item<bool>());
  EXPECT_TRUE(scores.greedy_N[1].item<bool>());
  for (int64_t i = 1; i < 37; ++i) {
    const int64_t target = targets[i].item<int64_t>();
    EXPECT_NEAR(scores.log_probability_N[i].item<float>(), log_p[i][target].item<float>(), 1e-5);
    EXPECT_EQ(scores.greedy_N[i].item<bool>(), log_p[i].argmax().item<int64_t>() == target);
  }
}

TEST(ScoreTokens, SumIsMinusTheLoss) {
  const Example example;
  const TokenScores scores = score_tokens(example.hidden, example.head, example.targets, 10);
  const TokenLoss loss =
      linear_cross_entropy(example.hidden, example.head, example.targets, {.chunk_tokens = 10});
  EXPECT_NEAR(scores.log_probability_N.sum(at::kDouble).item<double>(), -loss.sum.item<double>(), 1e-4);
}

}  // namespace
}  // namespace evergreen::test
