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

// The first half of the layers on `first`, the rest on `second`.
Placement halves(const ModelConfig& config, at::Device first, at::Device second) {
  std::vector<at::Device> blocks(static_cast<size_t>(config.num_layers / 2 + 1), first);
  blocks.resize(static_cast<size_t>(config.num_layers + 2), second);
  return Placement(std::move(blocks));
}

// "cpu" and "cpu:0" are the same memory under two names, so that borders are crossed where there is no second device.
TEST(Decoder, PlacedOverDevicesItGivesTheSameBits) {
  const at::NoGradGuard no_grad;
  for (const std::string& name : kGoldenModels) {
    const Golden golden(name);
    const Placement placement = halves(golden.config, at::kCPU, at::Device(at::kCPU, 0));
    ASSERT_EQ(placement.devices().size(), 2U);
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      const Decoder whole = golden_decoder(golden, type),
                    placed(golden.config, load_parameters(CheckpointReader(golden.directory), golden.config,
                                                          type, placement));
      const at::Tensor hidden = whole.forward(golden.batch());
      EXPECT_TRUE(at::equal(placed.forward(golden.batch()), hidden)) << name << " " << type;
      EXPECT_TRUE(at::equal(placed.logits(hidden), whole.logits(hidden)));
      KvCache one = whole.new_cache(2, 8), several = placed.new_cache(2, 8);
      PackedBatch batch = golden.batch();
      batch.cu_seqlens = {0, batch.tokens_N.numel()};
      batch.slots = {1};
      one.reserve(1, batch.tokens_N.numel());
      several.reserve(1, batch.tokens_N.numel());
      EXPECT_TRUE(at::equal(placed.forward(batch, &several), whole.forward(batch, &one)))
          << name << " " << type;
    }
  }
}

// Which device each block's output lies on.
struct OutputDevices : BlockHooks {
  std::vector<at::Device> of_blocks;
  void enter(int64_t /*block*/) override {}
  void leave(int64_t /*block*/, const at::Tensor& output) override { of_blocks.push_back(output.device()); }
};

// at::kMeta has shapes without values: what lies where can be seen, what is computed cannot.
TEST(Decoder, WeightsCacheAndHiddenStatesLieWhereThePlacementSays) {
  const at::NoGradGuard no_grad;
  for (const char* name : {"llama31_gqa_untied", "qwen25_untied"}) {
    const Golden golden(name);
    const Placement placement = halves(golden.config, at::kCPU, at::kMeta);
    Decoder decoder(golden.config, load_parameters(CheckpointReader(golden.directory), golden.config,
                                                   at::kFloat, placement));
    for (const ParameterInfo& info : decoder.parameters().table())
      EXPECT_EQ(decoder.parameters().at(info.name).device(), placement.of(info.block)) << info.name;
    KvCache cache = decoder.new_cache(1, 8);
    for (int64_t layer = 0; layer < golden.config.num_layers; ++layer) {
      EXPECT_EQ(cache.layer_keys(layer).device(), placement.of(layer));
      EXPECT_EQ(cache.layer_values(layer).device(), placement.of(layer));
    }
    OutputDevices outputs;
    decoder.follow_blocks(&outputs);
    PackedBatch batch = golden.batch();
    batch.cu_seqlens = {0, batch.tokens_N.numel()};
    batch.slots = {0};
    cache.reserve(0, batch.tokens_N.numel());
    const at::Tensor hidden = decoder.forward(batch, &cache);
    ASSERT_EQ(outputs.of_blocks.size(), static_cast<size_t>(golden.config.num_layers + 2));
    for (int64_t block = -1; block <= golden.config.num_layers; ++block)
      EXPECT_EQ(outputs.of_blocks[static_cast<size_t>(block + 1)], placement.of(block)) << block;
    EXPECT_EQ(decoder.logits(hidden).device(), at::Device(at::kMeta));
  }
}

TEST(PackedBatch, CountsPositionsFromTheStartOfEachSequence) {
  const PackedBatch batch = make_packed_batch({5, 6, 7, 8}, {0, 1, 4}, at::kCPU, {3, 0});
  EXPECT_EQ(to_vector(batch.positions_N), (std::vector<int64_t>{3, 0, 1, 2}));
}

}  // namespace
}  // namespace evergreen::test
