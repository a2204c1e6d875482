#include "evergreen/pipeline/requirement.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::expect_error;

const std::vector<KnownScores> kKnown = {
    {"ifeval:input_data", {"prompt_level_strict_acc,none", "inst_level_strict_acc,none"}},
    {"qa:news", {"exact_match,strict", "exact_match,normalized", "f1,normalized"}},
    {"qa:old", {"exact_match,strict", "exact_match,normalized", "f1,normalized"}},
    {"perplexity:new", {"token_perplexity,none", "bits_per_byte,none"}}};

ScoreName found(const std::string& text) { return find_score(parse_requirement(text), kKnown); }

RequirementOutcome judged(const std::string& text, double updated, double instruct) {
  const Requirement requirement = parse_requirement(text);
  return judge(requirement, find_score(requirement, kKnown), [&](const std::string& arm, const ScoreName&) {
    return arm == "updated"    ? std::optional(updated)
           : arm == "instruct" ? std::optional(instruct)
                               : std::nullopt;
  });
}

}  // namespace

TEST(Requirement, AFactorAModelAndANumberAreRead) {
  const Requirement r = parse_requirement("perplexity:new <= 0.9 * trained-base + 1.5");
  EXPECT_EQ(r.score, "perplexity:new");
  EXPECT_EQ(r.comparison, "<=");
  EXPECT_EQ(r.arm, "trained-base");
  EXPECT_EQ(r.factor, 0.9);
  EXPECT_EQ(r.offset, 1.5);
  EXPECT_EQ(parse_requirement("acc>instruct-0.02").offset, -0.02);
  EXPECT_EQ(parse_requirement("acc>base").factor, 1);
  const Requirement plain = parse_requirement("acc<1e-3");
  EXPECT_EQ(plain.arm, "");
  EXPECT_EQ(plain.offset, 1e-3);
}

TEST(Requirement, AnotherFormIsToldWithTheRightOne) {
  for (const char* text :
       {"", ">=1", "ifeval", "ifeval=0.9", "ifeval>=", "ifeval>=0.9*", "ifeval>=0.9instruct",
        "ifeval>=instruct*0.9", "ifeval>=instruct+", "ifeval>=instruct+x", "ifeval>=nan"}) {
    expect_error(ErrorKind::usage, "the requirement '", [&] { parse_requirement(text); });
  }
  expect_error(ErrorKind::usage, "did you mean 'instruct'?",
               [] { parse_requirement("ifeval>=0.95*instrct"); });
}

TEST(Requirement, AScoreIsFoundByTaskByKindByMetricAndByBoth) {
  EXPECT_EQ(found("ifeval:input_data>=0"), (ScoreName{"ifeval:input_data", "prompt_level_strict_acc,none"}));
  EXPECT_EQ(found("ifeval>=0"), (ScoreName{"ifeval:input_data", "prompt_level_strict_acc,none"}));
  EXPECT_EQ(found("ifeval/inst_level_strict_acc>=0"),
            (ScoreName{"ifeval:input_data", "inst_level_strict_acc,none"}));
  EXPECT_EQ(found("qa:old/exact_match>=0"), (ScoreName{"qa:old", "exact_match,strict"}));
  EXPECT_EQ(found("qa:old/exact_match,normalized>=0"), (ScoreName{"qa:old", "exact_match,normalized"}));
  EXPECT_EQ(found("bits_per_byte<1"), (ScoreName{"perplexity:new", "bits_per_byte,none"}));
}

TEST(Requirement, AMisspeltScoreGetsTheNearestNameAndAnOpenOneItsChoices) {
  expect_error(ErrorKind::usage, "did you mean 'ifeval'?", [] { found("ifevl>=0.5"); });
  expect_error(ErrorKind::usage, "did you mean 'inst_level_strict_acc,none'?",
               [] { found("ifeval/inst_level_strict_ac,none>=0.5"); });
  expect_error(ErrorKind::usage, "did you mean 'perplexity:new'?", [] { found("perplexity:nwe<5"); });
  expect_error(ErrorKind::usage, "qa:news/f1 or qa:old/f1", [] { found("f1>=0.5"); });
  expect_error(ErrorKind::usage, "not among the scores", [] { found("qa>=0.5"); });
}

TEST(Requirement, ItIsMetByTheUpdatedModelsScoreAgainstTheBound) {
  EXPECT_TRUE(judged("ifeval>=0.95*instruct", 0.76, 0.80).met);
  const RequirementOutcome missed = judged("ifeval>=0.95*instruct", 0.75, 0.80);
  EXPECT_FALSE(missed.met);
  EXPECT_DOUBLE_EQ(*missed.bound, 0.76);
  EXPECT_DOUBLE_EQ(*missed.value, 0.75);
  EXPECT_TRUE(judged("ifeval>=instruct", 0.5, 0.5).met);
  EXPECT_FALSE(judged("ifeval>instruct", 0.5, 0.5).met);
  EXPECT_TRUE(judged("perplexity:new<instruct-1", 4.9, 6).met);
  EXPECT_FALSE(judged("perplexity:new<=4.8", 4.9, 6).met);
}

TEST(Requirement, WhatWasNotMeasuredIsNotMet) {
  EXPECT_FALSE(judged("ifeval<=base", 0.5, 0.5).met);
  EXPECT_EQ(judged("ifeval<=base", 0.5, 0.5).bound, std::nullopt);
}

}  // namespace evergreen
