#include "evergreen/model/decoder.hpp"

#include <functional>
#include <numeric>

#include <gtest/gtest.h>

#include "evergreen/model/inference.hpp"
#include "tests/model/golden.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::test {
namespace {

Decoder golden_decoder(const Golden& golden, at::ScalarType type = at::kFloat) {
  return Decoder(golden.config, load_parameters(CheckpointReader(golden.directory), golden.config, type));
}

class DecoderOf : public testing::TestWithParam<std::string> {};

TEST_P(DecoderOf, PackedDocumentsGiveWhatEachGivesAlone) {
  const at::NoGradGuard no_grad;
  const Golden golden(GetParam());
  const Decoder decoder = golden_decoder(golden);
  const at::Tensor packed = decoder.forward(golden.batch());
  for (size_t s = 0; s + 1 < golden.cu_seqlens.size(); ++s) {
    const int64_t first = golden.cu_seqlens[s], length = golden.cu_seqlens[s + 1] - first;
    const at::Tensor tokens = golden.tokens.narrow(0, first, length).contiguous();
    const at::Tensor alone = decoder.forward(make_packed_batch(to_vector(tokens), {0, length}, at::kCPU));
    EXPECT_LE(max_difference(alone, packed.narrow(0, first, length)), 1e-5);
  }
}

// What a forward pass with a cache gives for two sequences: a prompt, then a few tokens at once, then one at a time. Sequence 1 is
// in slot 2, sequence 0 in slot 0.
using CachedForward = std::function<at::Tensor(const Decoder&, const PackedBatch&, KvCache&)>;

void expect_like_one_pass(const Golden& golden, const CachedForward& forward) {
  const at::NoGradGuard no_grad;
  const Decoder decoder = golden_decoder(golden);
  const at::Tensor full = decoder.forward(golden.batch());
  KvCache cache(golden.config, 3, 6, at::kFloat);
  const std::vector<int64_t> slots = {0, 2}, starts = {golden.cu_seqlens[0], golden.cu_seqlens[1]};
  for (const int64_t slot : slots) cache.reserve(slot, 16);
  int64_t past = 0;
  for (const int64_t count : {7, 4, 1, 1, 1, 1, 1}) {
    std::vector<int64_t> tokens;
    for (const int64_t start : starts) {
      const std::vector<int64_t> part = to_vector(golden.tokens.narrow(0, start + past, count).contiguous());
      tokens.insert(tokens.end(), part.begin(), part.end());
    }
    PackedBatch batch = make_packed_batch(tokens, {0, count, 2 * count}, at::kCPU, {past, past});
    batch.slots = slots;
    const at::Tensor hidden = forward(decoder, batch, cache);
    for (size_t s = 0; s < 2; ++s) {
      EXPECT_LE(max_difference(hidden.narrow(0, static_cast<int64_t>(s) * count, count),
                               full.narrow(0, starts[s] + past, count)),
                2e-5);  // the two paths add in another order
    }
    past += count;
    EXPECT_EQ(cache.length(2), past);
    EXPECT_EQ(cache.length(1), 0);
  }
}

TEST_P(DecoderOf, DecodingWithACacheGivesWhatOneForwardPassGives) {
  expect_like_one_pass(Golden(GetParam()), [](const Decoder& decoder, const PackedBatch& batch,
                                              KvCache& cache) { return decoder.forward(batch, &cache); });
}

TEST_P(DecoderOf, InferenceOverPlainMemoryGivesWhatOneForwardPassGives) {
  expect_like_one_pass(Golden(GetParam()),
                       [](const Decoder& decoder, const PackedBatch& batch, KvCache& cache) {
                         std::vector<int64_t> rows(static_cast<size_t>(batch.tokens_N.numel()));
                         std::iota(rows.begin(), rows.end(), 0);
                         return Inference(decoder).forward(batch, cache, rows);
                       });
}

TEST_P(DecoderOf, Bfloat16StaysNearFloat32) {
  const Golden golden(GetParam());
  Parameters rounded = load_parameters(CheckpointReader(golden.directory), golden.config, at::kBFloat16);
  Parameters wide(golden.config, at::kFloat);
  for (const ParameterInfo& info : wide.table()) wide.set(info.name, rounded.at(info.name).to(at::kFloat));
  const at::NoGradGuard no_grad;
  const at::Tensor low = Decoder(golden.config, rounded).forward(golden.batch());
  EXPECT_EQ(low.scalar_type(), at::kBFloat16);
  EXPECT_LE(relative_difference(low, Decoder(golden.config, wide).forward(golden.batch())), 0.1);
}

INSTANTIATE_TEST_SUITE_P(Goldens, DecoderOf, testing::ValuesIn(kGoldenModels),
                         [](const auto& test) { return test.param; });

TEST(Decoder, SameBatchTwiceGivesTheSameBits) {
  const Golden golden("llama31_gqa_untied");
  const Outcome first = run(golden, golden.config, golden.parameters());
  const Outcome second = run(golden, golden.config, golden.parameters());
  EXPECT_TRUE(at::equal(first.logits, second.logits));
  for (const auto& [name, gradient] : first.gradients)
    EXPECT_TRUE(at::equal(gradient, second.gradients.at(name))) << name;
}

TEST(Decoder, RefusesOffsetsThatDoNotCoverTheTokens) {
  const Golden golden("llama3_tied");
  const Decoder decoder = golden_decoder(golden);
  PackedBatch batch = golden.batch();
  batch.cu_seqlens.back() -= 1;
  expect_error(ErrorKind::internal, "is not packed", [&] { decoder.forward(batch); });
}

TEST(Decoder, RefusesMoreTokensThanTheCacheHolds) {
  const Golden golden("llama3_tied");
  const Decoder decoder = golden_decoder(golden);
  const at::NoGradGuard no_grad;
  KvCache cache(golden.config, 1, 1, at::kFloat);
  cache.reserve(0, 4);  // a page
  std::vector<int64_t> tokens(KvCache::kPageTokens + 1, 1);
  PackedBatch batch = make_packed_batch(tokens, {0, KvCache::kPageTokens + 1}, at::kCPU);
  batch.slots = {0};
  expect_error(ErrorKind::internal, "cannot take 17 tokens", [&] { decoder.forward(batch, &cache); });
  expect_error(ErrorKind::internal, "cannot take 17 tokens",
               [&] { Inference(decoder).forward(batch, cache, {0}); });
}

TEST(PackedBatch, CountsPositionsFromTheStartOfEachSequence) {
  const PackedBatch batch = make_packed_batch({5, 6, 7, 8}, {0, 1, 4}, at::kCPU, {3, 0});
  EXPECT_EQ(to_vector(batch.positions_N), (std::vector<int64_t>{3, 0, 1, 2}));
}

}  // namespace
}  // namespace evergreen::test
