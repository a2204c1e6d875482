#include "evergreen/model/kv_cache.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "evergreen/kernels/paged_attention.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::test {
namespace {

constexpr int64_t kPage = KvCache::kPageTokens;

ModelConfig one_layer() {
  ModelConfig config;
  config.num_layers = 1;
  config.num_kv_heads = 2;
  config.head_dim = 4;
  return config;
}

at::Tensor tokens(int64_t first, int64_t count) {
  return at::arange(first, first + count, at::kFloat).view({count, 1, 1}).expand({count, 2, 4}).contiguous();
}

// One layer's pass for some slots: values are the keys' negatives.
void feed(KvCache& cache, const std::vector<int64_t>& slots, const std::vector<at::Tensor>& keys) {
  kernels::PagedSequences sequences{{0}, {}, {}};
  for (size_t i = 0; i < slots.size(); ++i) {
    cache.require_room(slots[i], cache.length(slots[i]), keys[i].size(0));
    sequences.cu_seqlens.push_back(sequences.cu_seqlens.back() + keys[i].size(0));
    sequences.past.push_back(cache.length(slots[i]));
    sequences.pages.push_back(cache.pages(slots[i]));
  }
  const at::Tensor places = kernels::places_of_new_tokens(sequences, kPage, at::kCPU);
  cache.layer_keys(0).flatten(0, 1).index_copy_(0, places, at::cat(keys));
  cache.layer_values(0).flatten(0, 1).index_copy_(0, places, -at::cat(keys));
  cache.copy_begun_pages(0, slots);
  for (size_t i = 0; i < slots.size(); ++i) cache.advance(slots[i], keys[i].size(0));
}

// The first tokens of a slot.
at::Tensor read(const KvCache& cache, const at::Tensor& pool, int64_t slot, int64_t length) {
  return pool.index_select(0, at::tensor(cache.pages(slot), at::kInt)).flatten(0, 1).narrow(0, 0, length);
}
at::Tensor keys_of(const KvCache& cache, int64_t slot, int64_t length) {
  return read(cache, cache.layer_keys(0), slot, length);
}

TEST(KvCache, KeepsTokensInPagesOfAnyOrder) {
  KvCache cache(one_layer(), 2, 5, at::kFloat);
  cache.reserve(0, kPage);
  cache.reserve(1, 3);
  cache.reserve(0, 2 * kPage + 1);  // its pages are not neighbours
  feed(cache, {0, 1}, {tokens(0, kPage + 5), tokens(100, 3)});
  feed(cache, {0}, {tokens(kPage + 5, kPage - 4)});
  EXPECT_TRUE(at::equal(keys_of(cache, 0, 2 * kPage + 1), tokens(0, 2 * kPage + 1)));
  EXPECT_TRUE(at::equal(read(cache, cache.layer_values(0), 0, kPage), -tokens(0, kPage)));
  EXPECT_TRUE(at::equal(keys_of(cache, 1, 3), tokens(100, 3)));
  EXPECT_EQ(cache.free_pages(), 1);
}

TEST(KvCache, SharesWholePagesAndCopiesTheBegunOneInTheSamePass) {
  KvCache cache(one_layer(), 3, 8, at::kFloat);
  cache.reserve(0, kPage + 9);
  cache.share(1, 0, kPage + 4);
  cache.reserve(1, 2 * kPage + 1);
  cache.share(2, 1, kPage + 2);  // of a page that is itself still to be copied
  cache.reserve(2, kPage + 3);
  EXPECT_EQ(cache.free_pages(), 8 - 2 - 2 - 1);
  feed(cache, {0, 1, 2}, {tokens(0, kPage + 9), tokens(500, kPage - 3), tokens(700, 1)});
  EXPECT_EQ(cache.pages(1)[0], cache.pages(0)[0]);
  EXPECT_NE(cache.pages(1)[1], cache.pages(0)[1]);
  EXPECT_TRUE(at::equal(keys_of(cache, 0, kPage + 9), tokens(0, kPage + 9)));
  EXPECT_TRUE(
      at::equal(keys_of(cache, 1, 2 * kPage + 1), at::cat({tokens(0, kPage + 4), tokens(500, kPage - 3)})));
  EXPECT_TRUE(at::equal(keys_of(cache, 2, kPage + 3), at::cat({tokens(0, kPage + 2), tokens(700, 1)})));
}

TEST(KvCache, APageIsFreeWhenItsLastHolderIsGone) {
  KvCache cache(one_layer(), 3, 4, at::kFloat);
  cache.reserve(0, kPage + 2);
  feed(cache, {0}, {tokens(0, kPage + 2)});
  cache.keep(2, 0, kPage + 1);
  cache.release(0);
  EXPECT_EQ(cache.free_pages(), 2);
  cache.share(1, 2, kPage + 1);  // the begun page waits for its copy, whoever lets it go
  cache.keep(2, 1, 0);
  EXPECT_EQ(cache.free_pages(), 1);
  feed(cache, {1}, {tokens(40, 1)});
  EXPECT_TRUE(at::equal(keys_of(cache, 1, kPage + 2), at::cat({tokens(0, kPage + 1), tokens(40, 1)})));
  EXPECT_EQ(cache.free_pages(), 2);
  cache.release(1);
  EXPECT_EQ(cache.free_pages(), 4);
}

TEST(KvCache, RefusesWhatItHasNoRoomFor) {
  KvCache cache(one_layer(), 2, 2, at::kFloat);
  expect_error(ErrorKind::internal, "all 2 pages", [&] { cache.reserve(0, 2 * kPage + 1); });
  expect_error(ErrorKind::internal, "cannot take 1 tokens after 32",
               [&] { cache.require_room(0, 2 * kPage, 1); });
  expect_error(ErrorKind::internal, "cannot begin as", [&] { cache.share(1, 0, 2 * kPage + 1); });
  EXPECT_EQ(KvCache::page_bytes(one_layer(), 4), 2 * kPage * 2 * 4 * 4);
}

}  // namespace
}  // namespace evergreen::test
