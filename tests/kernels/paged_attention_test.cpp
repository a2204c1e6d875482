#include "evergreen/kernels/paged_attention.hpp"

#include "evergreen/kernels/attention.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

TEST(PagedAttention, ReadsASequencesOwnPagesAndNoTokenBehindAQuery) {
  constexpr int64_t kPage = 4, kHeads = 4, kKvHeads = 2, kWidth = 6;
  const kernels::PagedSequences sequences{{0, 3, 4}, {6, 4}, {{5, 0, 3}, {2, 4}}};  // 9 and 5 keys
  const at::Tensor k0 = random_tensor({9, kKvHeads, kWidth}, 1), k1 = random_tensor({5, kKvHeads, kWidth}, 2);
  at::Tensor keys = at::full({6, kPage, kKvHeads, kWidth}, std::nan(""), k0.options()), values = keys.clone();
  const auto fill = [&](const at::Tensor& pool, double factor) {
    for (const auto& [s, tokens] : {std::pair<size_t, at::Tensor>{0, k0}, {1, k1}}) {
      for (int64_t t = 0; t < tokens.size(0); ++t)
        pool[sequences.pages[s][static_cast<size_t>(t / kPage)]][t % kPage].copy_(tokens[t] * factor);
    }
  };
  fill(keys, 1), fill(values, -1);
  const at::Tensor q = random_tensor({4, kHeads, kWidth}, 3);
  const at::Tensor out = kernels::paged_attention(q, keys, values, sequences);
  EXPECT_TRUE(at::equal(out, kernels::cached_attention_reference(q, {k0, k1}, {-k0, -k1}, {0, 3, 4})));

  const at::Tensor places = kernels::places_of_new_tokens(sequences, kPage, at::kCPU);
  EXPECT_TRUE(at::equal(places, at::tensor({0 * kPage + 2, 0 * kPage + 3, 3 * kPage, 4 * kPage}, at::kLong)));
  const at::Tensor flat = keys.flatten(0, 1).index_select(0, places);
  EXPECT_TRUE(at::equal(flat, at::cat({k0.narrow(0, 6, 3), k1.narrow(0, 4, 1)})));
}

}  // namespace
}  // namespace evergreen::test
