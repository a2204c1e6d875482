// Attention against a paged cache. What lies in no sequence is NaN, so that a key too many shows.
#include <algorithm>
#include <numeric>

#include "tests/kernels/cuda/arrays.hpp"

namespace evergreen::test {
namespace {

namespace cuda = kernels::cuda;

struct Shape {
  int64_t heads, kv_heads, width, page_tokens;
};

// Sequences of `totals` keys, the last `counts` tokens of each are queries; every page of the pool but the first few is somebody's.
void expect_attended(const Case& c, const Shape& shape, const std::vector<int>& totals,
                     const std::vector<int>& counts) {
  const int64_t row = shape.kv_heads * shape.width, page = shape.page_tokens * row;
  int64_t most_pages = 0, pool_pages = 3;
  for (const int total : totals) {
    const int64_t pages = (total + shape.page_tokens - 1) / shape.page_tokens;
    most_pages = std::max(most_pages, pages), pool_pages += pages;
  }
  std::vector<float> keys(static_cast<size_t>(pool_pages * page), NAN), values = keys;
  std::vector<int32_t> pages(totals.size() * static_cast<size_t>(most_pages), -1), sequence_N, keys_N;
  const auto at = [&](size_t s, int64_t token) {  // of a token's first element
    const int32_t found =
        pages[s * static_cast<size_t>(most_pages) + static_cast<size_t>(token / shape.page_tokens)];
    return found * page + token % shape.page_tokens * row;
  };
  int32_t next = static_cast<int32_t>(pool_pages);
  for (size_t s = 0; s < totals.size(); ++s) {
    const std::vector<float> k = random_floats(totals[s] * row, 10 + s, 2),
                             v = random_floats(totals[s] * row, 20 + s);
    for (int64_t token = 0; token < totals[s]; ++token) {
      if (token % shape.page_tokens == 0)
        pages[s * static_cast<size_t>(most_pages) + static_cast<size_t>(token / shape.page_tokens)] = --next;
      std::copy_n(k.begin() + token * row, row, keys.begin() + at(s, token));
      std::copy_n(v.begin() + token * row, row, values.begin() + at(s, token));
    }
    for (int i = 0; i < counts[s]; ++i) {
      sequence_N.push_back(static_cast<int32_t>(s));
      keys_N.push_back(totals[s] - counts[s] + i + 1);
    }
  }
  const auto tokens = static_cast<int64_t>(sequence_N.size());
  const int64_t out_row = shape.heads * shape.width,
                stride = out_row + 2 * row;  // queries beside keys and values
  const Array k(c.element, keys, c.shift), v(c.element, values, c.shift);
  Array key_pool(k), value_pool(v), q(c.element, random_floats(tokens * stride, 5), c.shift),
      out(c.element, tokens * out_row, c.shift);
  const double scale = 1 / std::sqrt(static_cast<double>(shape.width));
  const cuda::PagedAttention call{q.data(),
                                  key_pool.data(),
                                  value_pool.data(),
                                  pages.data(),
                                  sequence_N.data(),
                                  keys_N.data(),
                                  out.data(),
                                  tokens,
                                  shape.heads,
                                  shape.kv_heads,
                                  shape.width,
                                  shape.page_tokens,
                                  stride,
                                  most_pages,
                                  static_cast<float>(scale)};
  ASSERT_TRUE(cuda::has_paged_attention(shape.heads, shape.kv_heads, shape.width));
  ASSERT_EQ(cuda::launch_paged_attention(c.element, call, nullptr), 0);

  std::vector<double> expected;
  for (int64_t n = 0; n < tokens; ++n) {
    const auto s = static_cast<size_t>(sequence_N[static_cast<size_t>(n)]);
    for (int64_t h = 0; h < shape.heads; ++h) {
      const int64_t kv = h / (shape.heads / shape.kv_heads) * shape.width;
      std::vector<double> weights;
      for (int64_t t = 0; t < keys_N[static_cast<size_t>(n)]; ++t) {
        double score = 0;
        for (int64_t e = 0; e < shape.width; ++e)
          score += q[n * stride + h * shape.width + e] * k[at(s, t) + kv + e];
        weights.push_back(std::exp(score * scale));
      }
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      for (int64_t e = 0; e < shape.width; ++e) {
        double value = 0;
        for (size_t t = 0; t < weights.size(); ++t)
          value += weights[t] / sum * v[at(s, static_cast<int64_t>(t)) + kv + e];
        expected.push_back(value);
      }
    }
  }
  expect_close(out, expected, c.element, "attended");
}

TEST(CudaPagedAttentionOnHost, EqualsFloat64OverPagesOfAnyOrder) {
  for_cases([](const Case& c) {
    expect_attended(c, {2, 1, 8, 4}, {1}, {1});
    expect_attended(c, {4, 2, 16, 16}, {33, 5, 64}, {1, 1, 1});  // decoding
    expect_attended(c, {6, 2, 12, 16}, {40, 31, 3}, {7, 1, 3});  // pieces of prompts; odd widths
    expect_attended(c, {20, 1, 40, 16}, {35}, {2});              // more heads than a thread has sums
    expect_attended(c, {4, 4, 144, 16}, {70}, {1});              // wider than a block has threads
  });
}

TEST(CudaPagedAttentionOnHost, AQuerysResultDoesNotDependOnTheOthers) {
  set_fiber_order(FiberOrder::ascending);
  const auto alone_or_not = [](int64_t tokens) {
    const int64_t heads = 4, width = 32;
    std::vector<int32_t> pages = {2, 0, 1, 3}, sequence = {0, 1}, keys_N = {29, 17};
    Array q(Element::f32, random_floats(2 * heads * width, 1)),
        keys(Element::f32, random_floats(4 * 16 * 2 * width, 2)),
        values(Element::f32, random_floats(4 * 16 * 2 * width, 3)), out(Element::f32, tokens * heads * width);
    const cuda::PagedAttention call{q.data(),
                                    keys.data(),
                                    values.data(),
                                    pages.data(),
                                    sequence.data(),
                                    keys_N.data(),
                                    out.data(),
                                    tokens,
                                    heads,
                                    2,
                                    width,
                                    16,
                                    heads * width,
                                    2,
                                    0.2F};
    EXPECT_EQ(cuda::launch_paged_attention(Element::f32, call, nullptr), 0);
    return out;
  };
  const Array one = alone_or_not(1), two = alone_or_not(2);
  for (int64_t i = 0; i < one.size(); ++i) ASSERT_EQ(one[i], two[i]);
}

TEST(CudaPagedAttentionOnHost, LargeScoresDoNotOverflowAndManyHeadsAreRefused) {
  Array q(Element::f32, {100.0F, 0.0F}), keys(Element::f32, {100.0F, 0.0F, 99.0F, 0.0F}),
      values(Element::f32, {1.0F, 2.0F, 3.0F, 4.0F}), out(Element::f32, 2);
  const std::vector<int32_t> pages = {0}, sequence = {0}, keys_N = {2};
  const cuda::PagedAttention call{q.data(),
                                  keys.data(),
                                  values.data(),
                                  pages.data(),
                                  sequence.data(),
                                  keys_N.data(),
                                  out.data(),
                                  1,
                                  1,
                                  1,
                                  2,
                                  2,
                                  2,
                                  1,
                                  1};
  ASSERT_EQ(cuda::launch_paged_attention(Element::f32, call, nullptr), 0);
  EXPECT_EQ(out[0], 1.0);
  EXPECT_EQ(out[1], 2.0);
  EXPECT_TRUE(cuda::has_paged_attention(64, 8, 128));
  EXPECT_FALSE(cuda::has_paged_attention(128, 1, 128));
}

}  // namespace
}  // namespace evergreen::test
