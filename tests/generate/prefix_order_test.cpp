#include "evergreen/generate/prefix_order.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

using Tokens = std::vector<int32_t>;

PrefixOrder order_of(const std::vector<Tokens>& sequences) {
  std::vector<std::span<const int32_t>> spans(sequences.begin(), sequences.end());
  std::vector<int64_t> most, length;
  for (const Tokens& s : sequences) {
    most.push_back(static_cast<int64_t>(s.size()) - 1);
    length.push_back(static_cast<int64_t>(s.size()));
  }
  return prefix_order(spans, most, length);
}

Tokens counting(int32_t first, int32_t count) {
  Tokens tokens(static_cast<size_t>(count));
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

}  // namespace

TEST(PrefixOrder, SequencesThatBeginAlikeFollowEachOther) {
  Tokens a = counting(0, 30), b = counting(0, 20), c = counting(0, 20);
  b.push_back(99), c.push_back(50);
  const PrefixOrder order = order_of({a, counting(7, 40), b, counting(500, 10), c});
  EXPECT_EQ(order.order, (std::vector<size_t>{1, 0, 4, 2, 3}));  // groups by their longest
  EXPECT_EQ(order.shared, (std::vector<int64_t>{0, 0, 20, 0, 20}));
}

TEST(PrefixOrder, LittleInCommonIsNotShared) {
  Tokens a = counting(0, 7), b = counting(0, 7);
  a.push_back(90), b.push_back(91);
  EXPECT_EQ(order_of({a, b}).shared, (std::vector<int64_t>{0, 0}));
}

TEST(PrefixOrder, EqualSequencesLeaveATokenToFeed) {
  EXPECT_EQ(order_of({counting(0, 12), counting(0, 12)}).shared, (std::vector<int64_t>{0, 11}));
}

TEST(PrefixOrder, SharesAsMuchAsAnyEarlierSequenceOfTheGroupOffers) {
  RandomStream random(3, "test.prefix", 0);
  std::vector<Tokens> sequences;
  for (int i = 0; i < 60; ++i) {
    Tokens& tokens = sequences.emplace_back();
    for (uint64_t n = 10 + random.below(30); n > 0; --n)
      tokens.push_back(static_cast<int32_t>(random.below(5) == 0));
  }
  const PrefixOrder order = order_of(sequences);
  for (size_t i = 1; i < order.order.size(); ++i) {
    const Tokens& now = sequences[order.order[i]];
    if (order.shared[order.order[i]] == 0) continue;
    for (size_t j = i; j-- > 0 && order.shared[order.order[j + 1]] > 0;) {
      const Tokens& earlier = sequences[order.order[j]];
      const auto common =
          std::mismatch(now.begin(), now.end(), earlier.begin(), earlier.end()).first - now.begin();
      EXPECT_LE(std::min<int64_t>(common, static_cast<int64_t>(now.size()) - 1),
                order.shared[order.order[i]]);
    }
  }
}

}  // namespace evergreen
