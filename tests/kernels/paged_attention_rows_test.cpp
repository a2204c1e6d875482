#include "evergreen/kernels/cpu/paged_attention_rows.hpp"

#include <limits>

#include "evergreen/kernels/attention.hpp"
#include "evergreen/kernels/cpu/row_kernels.hpp"
#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

constexpr int64_t kPage = 16;

// Keys and values of a sequence put into pages of a pool, the last first; what is in no sequence is NaN.
struct Pool {
  at::Tensor keys, values;
  int32_t next;
  Pool(int64_t pages, int64_t heads, int64_t width)
      : keys(at::full({pages, kPage, heads, width}, std::numeric_limits<float>::quiet_NaN())),
        values(keys.clone()),
        next(static_cast<int32_t>(pages)) {}

  std::vector<int32_t> put(const at::Tensor& k_TKE, const at::Tensor& v_TKE) {
    std::vector<int32_t> pages;
    for (int64_t first = 0; first < k_TKE.size(0); first += kPage) {
      const int64_t count = std::min(kPage, k_TKE.size(0) - first);
      pages.push_back(--next);
      keys[next].narrow(0, 0, count).copy_(k_TKE.narrow(0, first, count));
      values[next].narrow(0, 0, count).copy_(v_TKE.narrow(0, first, count));
    }
    return pages;
  }
};

struct Shape {
  int64_t heads, kv_heads, width;
};

// Sequences of `totals` keys whose last `counts` tokens are queries.
void expect_like_reference(const Shape& shape, const std::vector<int64_t>& totals,
                           const std::vector<int64_t>& counts) {
  Pool pool(40, shape.kv_heads, shape.width);
  std::vector<int64_t> cu_seqlens{0};
  std::vector<at::Tensor> keys, values;
  std::vector<std::vector<int32_t>> pages;
  std::vector<kernels::cpu::PagedQueries> sequences;
  for (size_t s = 0; s < totals.size(); ++s) {
    keys.push_back(random_tensor({totals[s], shape.kv_heads, shape.width}, 10 + s));
    values.push_back(random_tensor({totals[s], shape.kv_heads, shape.width}, 20 + s));
    pages.push_back(pool.put(keys.back(), values.back()));
    sequences.push_back({cu_seqlens.back(), counts[s], totals[s] - counts[s], nullptr});
    cu_seqlens.push_back(cu_seqlens.back() + counts[s]);
  }
  for (size_t s = 0; s < totals.size(); ++s) sequences[s].pages = pages[s].data();
  const at::Tensor q = random_tensor({cu_seqlens.back(), shape.heads, shape.width}, 5);
  const auto in_double = [](std::vector<at::Tensor> tensors) {
    for (at::Tensor& t : tensors) t = t.to(at::kDouble);
    return tensors;
  };
  const at::Tensor expected =
      kernels::cached_attention_reference(q.to(at::kDouble), in_double(keys), in_double(values), cu_seqlens);
  const kernels::cpu::PagedKeys cache{pool.keys.const_data_ptr<float>(), pool.values.const_data_ptr<float>(),
                                      kPage, shape.kv_heads, shape.width};
  const auto run = [&](const std::vector<kernels::cpu::PagedQueries>& some) {
    at::Tensor out = at::zeros_like(q);
    kernels::cpu::paged_attention(cache, some, q.const_data_ptr<float>(), shape.heads * shape.width,
                                  shape.heads, out.data_ptr<float>());
    return out;
  };
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    const at::Tensor out = run(sequences);
    EXPECT_LE(relative_error(out, expected), 2e-6) << hwy::TargetName(target);
    // One query at a time: the same bits.
    std::vector<kernels::cpu::PagedQueries> single;
    for (const auto& s : sequences) {
      for (int64_t i = 0; i < s.count; ++i) single.push_back({s.first + i, 1, s.past + i, s.pages});
    }
    EXPECT_TRUE(at::equal(run(single), out)) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(PagedAttention, EqualsItsReferenceAndDoesNotDependOnTheQueriesBeside) {
  expect_like_reference({4, 2, 8}, {1, 20, 16, 33}, {1, 1, 16, 3});
  expect_like_reference({8, 4, 64}, {100, 70, 17}, {100, 1, 9});
  expect_like_reference({3, 3, 20}, {50, 50}, {41, 7});
}

TEST(RowMaximum, IsTheFirstOfEqualsAndTellsWhatIsNotFinite) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    for (const int64_t count : {1, 7, 64, 101}) {
      const at::Tensor x = random_tensor({count}, 3);
      auto* data = x.data_ptr<float>();
      data[count / 2] = data[count - 1] = 9;
      kernels::cpu::RowMaximum best = kernels::cpu::row_maximum(data, count);
      EXPECT_EQ(best.index, count / 2);
      EXPECT_EQ(best.value, 9);
      EXPECT_TRUE(best.finite);
      for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
        for (const int64_t at : {int64_t{0}, count / 3, count - 1}) {
          at::Tensor y = x.clone();
          y[at] = bad;
          EXPECT_FALSE(kernels::cpu::row_maximum(y.const_data_ptr<float>(), count).finite)
              << count << " " << at;
        }
      }
    }
  }
  hwy::SetSupportedTargetsForTest(0);
}

}  // namespace
}  // namespace evergreen::test
