#include "evergreen/pipeline/update_verdict.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "evergreen/pipeline/update_page.hpp"

namespace evergreen {
namespace {

// updated - instruct, with its interval.
ScoreRow row(const std::string& task, double instruct, double updated, double low, double high,
             bool share = true) {
  ScoreRow r{{task, "metric,none"}, true, false, share, share, {}, {}, {}};
  r.arms[kInstructArm] = ArmScore{instruct, 0.01, {}};
  r.arms[kUpdatedArm] = ArmScore{updated, 0.01, {}};
  Comparison c;
  c.a = updated, c.b = instruct, c.interval = {low, high}, c.items = 100, c.p_value = 0.01;
  r.updated_instruct = c;
  return r;
}

Judgement judged(const ScoreRow& r) { return judge_difference(r, *r.updated_instruct); }

}  // namespace

TEST(Verdict, AScoreIsJudgedByTheIntervalOfTheDifferenceAndTheMargin) {
  EXPECT_EQ(judged(row("t", 0.80, 0.85, 0.01, 0.09)), Judgement::better);
  EXPECT_EQ(judged(row("t", 0.80, 0.80, -0.039, 0.03)), Judgement::kept);
  EXPECT_EQ(judged(row("t", 0.80, 0.78, -0.039, -0.001)), Judgement::kept);  // below, but by less than 5 %
  EXPECT_EQ(judged(row("t", 0.80, 0.70, -0.15, -0.05)), Judgement::worse);
  EXPECT_EQ(judged(row("t", 0.80, 0.75, -0.15, 0.05)), Judgement::unclear);
  EXPECT_EQ(judged(row("t", 0.80, 0.75, std::numeric_limits<double>::quiet_NaN(), 1)), Judgement::unclear);
}

TEST(Verdict, OfAPerplexityLowerIsBetter) {
  EXPECT_EQ(judged(row("perplexity:new", 9, 7, -2.5, -1.5, false)), Judgement::better);
  EXPECT_EQ(judged(row("perplexity:old", 9, 9.2, 0.1, 0.3, false)), Judgement::kept);
  EXPECT_EQ(judged(row("perplexity:old", 9, 12, 2, 4, false)), Judgement::worse);
}

TEST(Verdict, TheHeadlineCountsTasksAndNamesWhatWasNotMeasured) {
  const ScoreRows rows = {row("a", 0.80, 0.80, -0.01, 0.01), row("b", 0.80, 0.70, -0.15, -0.05),
                          row("perplexity:new", 9, 7, -2.5, -1.5, false)};
  const Verdict verdict = make_verdict(rows, {{"a>=0.9", {"a", "metric,none"}, 0.8, 0.9, false}}, {"a note"});
  EXPECT_EQ(
      verdict.headline,
      "New text learned; 1 of 2 tasks kept or better, 1 worse; old text not measured; 1 of 1 requirements "
      "missed.");
  EXPECT_EQ(verdict.reasons.size(), 6U);
  EXPECT_EQ(verdict.reasons.front().word, "missed");
  EXPECT_EQ(verdict.reasons.back().text, "a note");
  EXPECT_EQ(make_verdict({}, {}, {}).headline,
            "New text not measured; instruction following not measured; old text not measured.");
}

TEST(Verdict, ATaskOfAGroupIsNotJudgedByItself) {
  ScoreRow member = row("mmlu_law", 0.80, 0.70, -0.15, -0.05);
  member.member = true;
  const Verdict verdict = make_verdict({row("mmlu", 0.80, 0.80, -0.01, 0.01), member}, {}, {});
  EXPECT_NE(verdict.headline.find("1 of 1 task kept"), std::string::npos) << verdict.headline;
}

TEST(ScoreText, HasPerCentOfSharesAndAShortFormOfLargePerplexities) {
  const ScoreRow share = row("t", 0.8, 0.8, 0, 0), text = row("perplexity:new", 9, 9, 0, 0, false);
  EXPECT_EQ(score_text(share, 0.8404), "84.0 %");
  EXPECT_EQ(score_text(share, ArmScore{0.8404, 0.0123, {}}), "84.0 % ± 1.2");
  EXPECT_EQ(score_text(text, 12.3456), "12.346");
  EXPECT_EQ(score_text(text, 123456789012.0), "1.23e+11");
  EXPECT_EQ(difference_text(share, *row("t", 0.84, 0.79, -0.081, -0.017).updated_instruct),
            "-5.0 points (-8.1 to -1.7)");
}

}  // namespace evergreen
