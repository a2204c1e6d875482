#include "evergreen/data/ordered_pipeline.hpp"

#include <atomic>

#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

struct Item {
  int number = 0, squared = 0;
};

OrderedStages<Item> stages(int count, std::vector<int>& out) {
  auto next = std::make_shared<int>(0);
  return {[=](Item& item) { return (item.number = (*next)++) < count; },
          [](Item& item, int) {
            if (item.number % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
            item.squared = item.number * item.number;
          },
          [&out](Item& item) {
            out.push_back(item.squared);
            return true;
          }};
}

}  // namespace

TEST(OrderedPipeline, WritesInTheOrderOfReadingWhateverTheThreads) {
  for (const int threads : {1, 2, 5}) {
    std::vector<int> out;
    run_ordered(stages(500, out), threads);
    ASSERT_EQ(out.size(), 500U);
    for (int i = 0; i < 500; ++i) EXPECT_EQ(out[static_cast<size_t>(i)], i * i);
  }
}

TEST(OrderedPipeline, NothingToReadIsNoTrouble) {
  std::vector<int> out;
  run_ordered(stages(0, out), 3);
  EXPECT_TRUE(out.empty());
}

TEST(OrderedPipeline, TheWriterMayHaveEnough) {
  std::vector<int> out;
  OrderedStages<Item> some = stages(1 << 30, out);
  some.write = [&](Item& item) {
    out.push_back(item.number);
    return out.size() < 10;
  };
  run_ordered(some, 3);
  EXPECT_EQ(out.size(), 10U);
}

TEST(OrderedPipeline, TheEarliestErrorIsThrownAfterWhatCameBefore) {
  for (int round = 0; round < 50; ++round) {
    std::vector<int> out;
    OrderedStages<Item> bad = stages(200, out);
    bad.work = [](Item& item, int) {
      if (item.number == 40) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (item.number >= 40) throw Error(ErrorKind::input, "item " + std::to_string(item.number));
    };
    test::expect_error(ErrorKind::input, "item 40", [&] { run_ordered(bad, 4); });
    EXPECT_EQ(out.size(), 40U);
  }
  std::vector<int> out;
  OrderedStages<Item> cut = stages(200, out);
  cut.read = [next = 0](Item& item) mutable {
    item.number = next++;
    if (item.number == 20) throw Error(ErrorKind::io, "the disk is gone");
    return true;
  };
  test::expect_error(ErrorKind::io, "the disk is gone", [&] { run_ordered(cut, 2); });
  EXPECT_EQ(out.size(), 20U);
}

}  // namespace evergreen
