#include "evergreen/train/low_rank_training.hpp"

#include <gtest/gtest.h>

#include "evergreen/model/loss.hpp"
#include "tests/support/errors.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {
namespace {

TEST(LowRankTraining, BeginsAsTheModelItself) {
  Decoder plain = test::tiny_decoder(1), adapted = test::tiny_decoder(1);
  LowRankTraining low_rank(adapted, {.rank = 2, .alpha = 8}, 5);
  low_rank.begin_pass();
  const PackedBatch batch = make_packed_batch({1, 2, 3, 4}, {0, 4}, at::kCPU);
  EXPECT_TRUE(at::equal(plain.forward(batch), adapted.forward(batch).detach()));
}

TEST(LowRankTraining, GradientsReachTheSmallMatricesAlone) {
  Decoder decoder = test::tiny_decoder(1);
  LowRankTraining low_rank(decoder, {.rank = 2, .alpha = 8}, 5);
  const TrainedTensors tensors = low_rank.tensors();
  EXPECT_EQ(tensors.size(), 2U * 2U * 7U);
  for (const TrainedTensor& tensor : tensors) {
    if (tensor.name.ends_with("lora_B.weight")) {
      const at::NoGradGuard no_grad;
      tensor.value.fill_(0.1);
    }
  }
  low_rank.begin_pass();
  const PackedBatch batch = make_packed_batch({1, 2, 3, 4}, {0, 4}, at::kCPU);
  const TokenLoss loss = linear_cross_entropy(decoder.forward(batch), decoder.parameters().head(),
                                              at::tensor(std::vector<int64_t>{2, 3, 4, 5}, at::kLong));
  loss.sum.backward();
  for (const TrainedTensor& tensor : tensors) {
    ASSERT_TRUE(tensor.value.grad().defined()) << tensor.name;
    EXPECT_GT(tensor.value.grad().abs().max().item<float>(), 0) << tensor.name;
  }
  EXPECT_FALSE(decoder.parameters().at("model.embed_tokens.weight").grad().defined());
  EXPECT_FALSE(decoder.parameters().at("model.norm.weight").grad().defined());
}

TEST(LowRankTraining, ARankLargerThanAMatrixIsRefused) {
  Decoder decoder = test::tiny_decoder(1);
  test::expect_error(ErrorKind::usage, "a rank of 9 is more than",
                     [&] { LowRankTraining(decoder, {.rank = 9}, 1); });
}

}  // namespace
}  // namespace evergreen
