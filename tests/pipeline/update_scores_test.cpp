#include "evergreen/pipeline/update_scores.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

// What evaluate_model() leaves of a group of two tasks with yes-or-no items, and of a text.
std::string evaluation(const std::vector<double>& law, const std::vector<double>& art,
                       double log_likelihood) {
  const auto items = [](const std::vector<double>& values) {
    return OrderedJson{{"aggregation", "mean"}, {"higher_is_better", true}, {"values", values}};
  };
  OrderedJson json;
  OrderedJson& scores = json["scores"];
  scores["results"]["mmlu"] = {{"alias", "mmlu"}, {"acc,none", 0.5}, {"acc_stderr,none", 0.1}};
  scores["results"]["mmlu_law"] = {{"acc,none", law.front()}, {"acc_stderr,none", "N/A"}};
  scores["results"]["mmlu_art"] = {{"acc,none", art.front()}, {"acc_stderr,none", "N/A"}};
  scores["results"]["perplexity:new"] = {{"token_perplexity,none", std::exp(-log_likelihood)}};
  scores["group_subtasks"]["mmlu"] = {"mmlu_law", "mmlu_art"};
  scores["group_subtasks"]["mmlu_law"] = OrderedJson::array();
  json["items"]["mmlu_law"]["acc,none"] = items(law);
  json["items"]["mmlu_art"]["acc,none"] = items(art);
  json["items"]["perplexity:new"]["token_perplexity,none"] = {{"aggregation", "perplexity"},
                                                              {"higher_is_better", false},
                                                              {"values", {log_likelihood, log_likelihood}}};
  return to_text(json);
}

ScoreRows rows() {
  const std::vector<double> right(12, 1.0), wrong(12, 0.0);
  return score_rows({evaluation(wrong, wrong, -2), evaluation(right, right, -2), evaluation(wrong, wrong, -1),
                     evaluation(right, right, -1)});
}

}  // namespace

TEST(ScoreRows, AGroupIsComparedOverAllItemsOfItsTasksAndStandsForThem) {
  const ScoreRows all = rows();
  const ScoreRow* group = find_row(all, "mmlu");
  ASSERT_NE(group, nullptr);
  ASSERT_TRUE(group->updated_instruct.has_value());
  EXPECT_EQ(group->updated_instruct->items, 24);
  EXPECT_FALSE(group->member);
  EXPECT_TRUE(find_row(all, "mmlu_law")->member);
  EXPECT_DOUBLE_EQ(*group->arms[kUpdatedArm]->error, 0.1);
  EXPECT_EQ(find_row(all, "mmlu_law")->arms[kUpdatedArm]->error, std::nullopt);
}

TEST(ScoreRows, ItemsThatBothModelsHaveRightStillLeaveADifferencePossible) {
  const Comparison c = *rows().front().updated_instruct;
  EXPECT_EQ(c.a - c.b, 0);
  EXPECT_LT(c.interval.low, -0.05);
  EXPECT_GT(c.interval.high, 0.05);
}

TEST(ScoreRows, ARequirementsModelIsTheArmOfThatName) {
  const ScoreRows all = rows();
  const ScoreName perplexity{"perplexity:new", "token_perplexity,none"};
  EXPECT_DOUBLE_EQ(*score_of(all, "updated", perplexity), std::exp(1));
  EXPECT_DOUBLE_EQ(*score_of(all, "instruct", perplexity), std::exp(2));
  EXPECT_DOUBLE_EQ(*score_of(all, "trained-base", perplexity), std::exp(1));
  EXPECT_EQ(score_of(all, "updated", {"perplexity:new", "f1,none"}), std::nullopt);
  EXPECT_FALSE(find_row(all, "perplexity:new")->share);
  EXPECT_LT(find_row(all, "perplexity:new")->updated_instruct->a,
            find_row(all, "perplexity:new")->updated_instruct->b);
}

}  // namespace evergreen
