#include "evergreen/eval/item_scores.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(ItemScores, TheValuesOfEveryItemComeBackWithTheirWeights) {
  TaskResult task;
  task.task.name = "perplexity:new";
  task.metrics = {
      {{"token_perplexity", "none", Aggregation::perplexity, false}, {}, {}, {{-3.5, 2}, {-7, 4}}},
      {{"acc"}, {}, {}, {{1, 1}, {0, 1}}}};
  Evaluation evaluation;
  evaluation.tasks = {task};
  const ItemScoresByName items = read_item_scores(item_scores_json(evaluation), "test");
  const ItemScores& perplexity = items.at("perplexity:new").at("token_perplexity,none");
  EXPECT_EQ(perplexity.aggregation, Aggregation::perplexity);
  EXPECT_FALSE(perplexity.higher_is_better);
  ASSERT_EQ(perplexity.values.size(), 2U);
  EXPECT_EQ(perplexity.values[1].value, -7);
  EXPECT_EQ(perplexity.values[1].weight, 4);
  const ItemScores& accuracy = items.at("perplexity:new").at("acc,none");
  EXPECT_TRUE(accuracy.higher_is_better);
  EXPECT_EQ(accuracy.values[0].value, 1);
  EXPECT_EQ(accuracy.values[0].weight, 1);
}

TEST(ItemScores, AGroupHasTheItemsOfAllItsTasks) {
  Evaluation evaluation;
  for (const char* name : {"mmlu_law", "mmlu_art"}) {
    TaskResult task;
    task.task.name = name;
    task.task.groups = {"mmlu"};
    task.metrics = {{{"acc"}, {}, {}, {{1, 1}, {std::string(name) == "mmlu_law" ? 1.0 : 0.0, 1}}}};
    evaluation.tasks.push_back(task);
  }
  const ItemScoresByName items = read_item_scores(item_scores_json(evaluation), "test");
  EXPECT_EQ(items.at("mmlu_art").at("acc,none").values.size(), 2U);
  std::vector<double> pooled;
  for (const MetricValue& value : items.at("mmlu").at("acc,none").values) pooled.push_back(value.value);
  EXPECT_EQ(pooled, (std::vector<double>{1, 1, 1, 0}));
}

TEST(ItemScores, AnotherAggregationIsRefused) {
  test::expect_error(ErrorKind::input, "'sum' is not an aggregation", [] {
    read_item_scores(R"({"t": {"m,none": {"aggregation": "sum", "higher_is_better": true, "values": []}}})",
                     "test");
  });
}

}  // namespace evergreen
