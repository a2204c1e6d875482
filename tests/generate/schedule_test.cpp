#include "evergreen/generate/schedule.hpp"

#include <set>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

// Runs a schedule to its end; each request answers with `max_new_tokens` tokens. Checks every pass on the way.
struct Driver {
  std::vector<SequencePlan> plans;
  int64_t slots, budget;
  int64_t passes = 0;
  std::vector<int64_t> fed = {}, answered = {};
  std::vector<size_t> first_seen = {};

  void run() {
    fed.assign(plans.size(), 0);
    answered.assign(plans.size(), 0);
    Schedule schedule(plans, slots, budget);
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
      if (fed[p.request] == 0) first_seen.push_back(p.request);
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

TEST(Schedule, FeedsEveryTokenOnceWithinBudgetAndSlots) {
  Driver driver{{{5, 3}, {1, 1}, {17, 4}, {2, 9}, {8, 2}, {1, 6}}, 3, 7};
  driver.run();
  for (size_t i = 0; i < driver.plans.size(); ++i) {
    EXPECT_EQ(driver.answered[i], driver.plans[i].max_new_tokens);
    EXPECT_EQ(driver.fed[i], driver.plans[i].prompt_tokens + driver.plans[i].max_new_tokens - 1);
  }
}

TEST(Schedule, AdmitsTheLongestFirst) {
  Driver driver{{{1, 2}, {9, 2}, {4, 2}, {4, 9}}, 1, 64};
  driver.run();
  EXPECT_EQ(driver.first_seen, (std::vector<size_t>{3, 1, 2, 0}));
}

TEST(Schedule, DecodesWhileALongPromptIsFed) {
  Schedule schedule({{2, 10}, {30, 4}}, 2, 8);
  auto pieces = schedule.next();  // the long prompt alone fills the first passes
  while (pieces.size() != 2) {
    for (const SchedulePiece& p : pieces) {
      if (p.complete) schedule.extend(p.request);
    }
    pieces = schedule.next();
  }
  EXPECT_EQ(pieces[0].count + pieces[1].count, 8);
}

TEST(Schedule, OneSlotTakesOneRequestAfterTheOther) {
  Driver driver{{{3, 2}, {3, 2}, {3, 2}}, 1, 100};
  driver.run();
  EXPECT_EQ(driver.passes, 6);
}

}  // namespace evergreen
