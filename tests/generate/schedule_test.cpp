#include "evergreen/generate/schedule.hpp"

#include <algorithm>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

// Runs a schedule to its end; each request answers with `max_new_tokens` tokens. Checks every pass on the way.
struct Driver {
  std::vector<SequencePlan> plans;
  int64_t slots, budget;
  BatchSchedule::AdmitFn admit = {};
  int64_t passes = 0;
  std::vector<int64_t> fed = {}, answered = {}, held = {};
  std::vector<size_t> first_seen = {};

  void run() {
    fed.assign(plans.size(), 0);
    held.assign(plans.size(), 0);
    answered.assign(plans.size(), 0);
    std::vector<size_t> order(plans.size());
    std::iota(order.begin(), order.end(), size_t{0});
    BatchSchedule schedule(plans, order, slots, budget, admit);
    for (auto pieces = schedule.next(); !pieces.empty(); pieces = schedule.next()) {
      ++passes;
      check(pieces);
      for (const SchedulePiece& p : pieces) {
        if (!p.complete) continue;
        if (++answered[p.request] == plans[p.request].max_new_tokens)
          schedule.finish(p.request);
        else
          schedule.extend(p.request);
      }
      ASSERT_LT(passes, 10000);
    }
  }

  void check(const std::vector<SchedulePiece>& pieces) {
    int64_t tokens = 0;
    std::set<int64_t> used;
    for (const SchedulePiece& p : pieces) {
      if (fed[p.request] == 0) {
        first_seen.push_back(p.request);
        fed[p.request] = p.first;
        held[p.request] = p.first;
      }
      EXPECT_EQ(p.first, fed[p.request]);
      EXPECT_GT(p.count, 0);
      EXPECT_GE(p.slot, 0);
      EXPECT_LT(p.slot, slots);
      EXPECT_TRUE(used.insert(p.slot).second) << "slot " << p.slot << " is used twice in a pass";
      fed[p.request] += p.count;
      tokens += p.count;
      const int64_t known = plans[p.request].prompt_tokens + answered[p.request];
      EXPECT_EQ(p.complete, fed[p.request] == known);
    }
    EXPECT_LE(tokens, budget);
  }
};

}  // namespace

TEST(BatchSchedule, FeedsEveryTokenOnceWithinBudgetAndSlots) {
  Driver driver{{{5, 3}, {1, 1}, {17, 4}, {2, 9}, {8, 2}, {1, 6}}, 3, 7};
  driver.run();
  for (size_t i = 0; i < driver.plans.size(); ++i) {
    EXPECT_EQ(driver.answered[i], driver.plans[i].max_new_tokens);
    EXPECT_EQ(driver.fed[i], driver.plans[i].prompt_tokens + driver.plans[i].max_new_tokens - 1);
  }
}

TEST(BatchSchedule, AdmitsInTheOrderGiven) {
  BatchSchedule schedule({{1, 2}, {9, 2}, {4, 2}}, {2, 0, 1}, 3, 64);
  const auto pieces = schedule.next();
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0].request, 2U);
  EXPECT_EQ(pieces[1].request, 0U);
  EXPECT_EQ(pieces[2].request, 1U);
}

TEST(BatchSchedule, WhatTheCacheHoldsIsNotFed) {
  Driver driver{{{20, 2}, {30, 1}}, 2, 64, [](size_t request, int64_t) { return request == 0 ? 0 : 19; }};
  driver.run();
  EXPECT_EQ(driver.held, (std::vector<int64_t>{0, 19}));
}

TEST(BatchSchedule, ARequestThatFindsNoMemoryWaitsForAnotherToFinish) {
  int64_t active = 0, most = 0;
  Driver driver{{{3, 2}, {3, 2}, {3, 2}, {3, 2}}, 4, 64};
  std::vector<size_t> admitted;
  driver.admit = [&](size_t request, int64_t) -> std::optional<int64_t> {
    active =
        static_cast<int64_t>(admitted.size()) -
        std::count_if(admitted.begin(), admitted.end(), [&](size_t r) { return driver.answered[r] == 2; });
    if (active == 2) return std::nullopt;
    admitted.push_back(request);
    most = std::max(most, active + 1);
    return 0;
  };
  driver.run();
  EXPECT_EQ(most, 2);
  EXPECT_EQ(admitted, (std::vector<size_t>{0, 1, 2, 3}));
}

// A prompt whose beginning is an earlier one's must not be fed before it, though a single token of it is open.
TEST(BatchSchedule, ASharedPromptIsFedAfterTheOneItShares) {
  BatchSchedule schedule({{30, 2}, {21, 2}}, {0, 1}, 2, 8,
                         [](size_t request, int64_t) { return request == 0 ? 0 : 20; });
  for (int64_t fed = 0; fed < 24; fed += 8) {
    const auto pieces = schedule.next();
    ASSERT_EQ(pieces.size(), 1U);
    EXPECT_EQ(pieces[0].request, 0U);
  }
  EXPECT_EQ(schedule.next().size(), 2U);
}

TEST(BatchSchedule, DecodesWhileALongPromptIsFed) {
  BatchSchedule schedule({{2, 10}, {30, 4}}, {1, 0}, 2, 8);
  auto pieces = schedule.next();  // the long prompt alone fills the first passes
  while (pieces.size() != 2) {
    for (const SchedulePiece& p : pieces) {
      if (p.complete) schedule.extend(p.request);
    }
    pieces = schedule.next();
  }
  EXPECT_EQ(pieces[0].count + pieces[1].count, 8);
}

TEST(BatchSchedule, OneSlotTakesOneRequestAfterTheOther) {
  Driver driver{{{3, 2}, {3, 2}, {3, 2}}, 1, 100};
  driver.run();
  EXPECT_EQ(driver.passes, 6);
}

}  // namespace evergreen
