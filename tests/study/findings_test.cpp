#include "evergreen/study/findings.hpp"

#include <gtest/gtest.h>

namespace evergreen::study {
namespace {

constexpr const char* kFollow = "follow,acc,none";
constexpr const char* kKnow = "know,acc,none";
constexpr const char* kOld = "old,token_perplexity,none";

// A study of one pair, two sizes, two seeds, whose arms score as a test says.
class Scored {
 public:
  Scored() {
    study.plan.families = {{"f", {{"v1", "b", "i", ""}}}};
    study.plan.sizes = {10, 100};
    study.plan.seeds = study.plan.other_seeds = {1, 2};
    study.plan.scores = {kFollow, kKnow, kOld, {kFollow, kKnow}};
    study.models["f"] = {1e6, 1e6};
    results.reserve(100);
  }

  // `follow` and `know` of 50 items are right; old text costs `loss` nats a token.
  void arm(ArmKind kind, int64_t size, int follow, int know, double loss, int64_t sft_steps = 0,
           double train_flops = 0) {
    ArmGroup group;
    group.arm = {.kind = kind, .family = "f", .version = "v1", .size = size, .sft_steps = sft_steps};
    for (const uint64_t seed : {1, 2}) {
      ArmResult result;
      for (const auto& [score, right] : {std::pair{kFollow, follow}, {kKnow, know}}) {
        ItemScores& items = result.scores[score];
        for (int i = 0; i < 50; ++i) items.values.push_back(i < right ? 1 : 0), items.weights.push_back(1);
      }
      ItemScores& old = result.scores[kOld];
      old.aggregation = "perplexity";
      for (int i = 0; i < 20; ++i)
        old.values.push_back(-(loss + 0.001 * i) * 100), old.weights.push_back(100);
      result.account.add(StepKind::train, {.flops = train_flops});
      results.push_back(result);
      group.results.push_back(&results.back());
      group.seeds.push_back(seed);
    }
    groups.push_back(group);
  }

  // As in the paper: CPT of instruct forgets, the graft does not.
  void as_in_the_paper() {
    arm(ArmKind::base, 0, 0, 0, 1.0);
    arm(ArmKind::instruct, 0, 48, 2, 1.1);
    arm(ArmKind::instruct_cpt, 10, 35, 5, 1.1);
    arm(ArmKind::instruct_cpt, 100, 10, 20, 1.2);
    arm(ArmKind::base_cpt, 10, 0, 0, 1.0);
    arm(ArmKind::base_cpt, 100, 0, 0, 1.02, 0, 1e12);
    arm(ArmKind::updated, 10, 47, 10, 1.1);
    arm(ArmKind::updated, 100, 45, 40, 1.1);
  }

  Finding finding(const std::string& name) {
    for (const Finding& f : find(study, groups)) {
      if (f.name == name) return f;
    }
    ADD_FAILURE() << "there is no finding " << name;
    return {};
  }

  Study study;
  std::vector<ArmResult> results;
  std::vector<ArmGroup> groups;
};

}  // namespace

TEST(Findings, WhatThePaperFoundIsFoundWhereItIs) {
  Scored s;
  s.as_in_the_paper();
  for (const char* name : {"F1", "F2", "F3", "F4"})
    EXPECT_EQ(s.finding(name).verdict, Verdict::holds) << name;
  EXPECT_NEAR(s.finding("F1").parts.at(0).difference.difference, 38 / 50.0, 1e-12);
  EXPECT_EQ(s.finding("F5").verdict, Verdict::not_testable);
  EXPECT_EQ(s.finding("F8").verdict, Verdict::not_testable);
}

TEST(Findings, TheOppositeIsSaidToo) {
  Scored s;
  s.arm(ArmKind::base, 0, 0, 0, 1.0);
  s.arm(ArmKind::instruct, 0, 10, 40, 1.0);
  s.arm(ArmKind::instruct_cpt, 10, 20, 5, 1.0);
  s.arm(ArmKind::instruct_cpt, 100, 48, 20, 1.0);
  s.arm(ArmKind::base_cpt, 100, 0, 0, 1.5);
  s.arm(ArmKind::updated, 100, 10, 0, 1.0);
  for (const char* name : {"F1", "F2", "F3", "F4"})
    EXPECT_EQ(s.finding(name).verdict, Verdict::holds_not) << name;
}

TEST(Findings, ASmallDifferenceOnFewItemsIsNotClear) {
  Scored s;
  s.arm(ArmKind::instruct, 0, 26, 0, 1.0);
  s.arm(ArmKind::instruct_cpt, 100, 25, 0, 1.0);
  EXPECT_EQ(s.finding("F1").verdict, Verdict::not_clear);
}

TEST(Findings, TheCostOfTuningIsThatOfTheFirstBudgetThatReachesTheGraft) {
  Scored s;
  s.as_in_the_paper();
  s.study.plan.sft_steps = {5, 50};
  s.arm(ArmKind::sft, 100, 20, 0, 1.0, 5, 1e12 + 1e9);
  s.arm(ArmKind::sft, 100, 46, 0, 1.0, 50, 1e12 + 9e9);
  const auto costs = tuning_costs(s.study, s.groups);
  ASSERT_EQ(costs.size(), 1U);
  ASSERT_NE(costs[0].reached(), nullptr);
  EXPECT_EQ(costs[0].reached()->steps, 50);
  EXPECT_DOUBLE_EQ(costs[0].reached()->flops, 9e9) << "without the CPT that both ways need";
  EXPECT_DOUBLE_EQ(costs[0].graft_flops, 3e6);
  EXPECT_EQ(s.finding("F7").verdict, Verdict::holds);
  s.study.plan.findings.far_less = 1e4;
  EXPECT_EQ(s.finding("F7").verdict, Verdict::holds_not);
}

}  // namespace evergreen::study
