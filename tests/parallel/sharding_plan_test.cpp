#include "evergreen/parallel/sharding_plan.hpp"

#include <gtest/gtest.h>

namespace evergreen {

TEST(ShardingPlan, EveryElementHasOneOwnerAndShardsAreEven) {
  const std::vector<PlannedTensor> tensors = {{"embed", 1001, -1}, {"a", 77, 0}, {"b", 300, 0}, {"c", 5, 1}};
  for (const int ranks : {1, 2, 3, 4, 7}) {
    const ShardingPlan plan(tensors, ranks);
    ASSERT_EQ(plan.units().size(), 3U);
    std::vector<std::vector<int>> owners;
    for (const PlannedTensor& tensor : tensors) owners.emplace_back(tensor.elements, 0);
    for (const PlannedUnit& unit : plan.units()) {
      EXPECT_EQ(unit.elements % (ranks * kShardElements), 0);
      for (int rank = 0; rank < ranks; ++rank) {
        for (const OwnedRange& range : plan.owned(unit, rank)) {
          EXPECT_LE(range.offset + range.count, plan.shard_elements(unit));
          for (int64_t i = 0; i < range.count; ++i)
            ++owners[range.tensor][static_cast<size_t>(range.first + i)];
        }
      }
    }
    for (const auto& tensor : owners) {
      for (const int count : tensor) ASSERT_EQ(count, 1) << ranks << " ranks";
    }
  }
}

TEST(ShardingPlan, ARangeIsWhereItsTensorLiesInTheUnit) {
  const ShardingPlan plan({{"a", 20, 0}, {"b", 30, 0}}, 2);
  const PlannedUnit& unit = plan.units().front();
  EXPECT_EQ(unit.elements, 64);
  EXPECT_EQ(unit.offsets, (std::vector<int64_t>{0, 20}));
  const auto first = plan.owned(unit, 0), second = plan.owned(unit, 1);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[1].tensor, 1U);
  EXPECT_EQ(first[1].first, 0);
  EXPECT_EQ(first[1].count, 12);
  EXPECT_EQ(first[1].offset, 20);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].first, 12);
  EXPECT_EQ(second[0].count, 18) << "the rest is padding";
  EXPECT_EQ(second[0].offset, 0);
}

}  // namespace evergreen
