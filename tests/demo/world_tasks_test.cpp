#include "evergreen/demo/world_tasks.hpp"

#include <map>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

// Scores of every item of every task, with answers made from the item's target.
std::map<std::string, std::vector<MetricValue>> score_all(const std::string& ending,
                                                          const std::string& finish) {
  const world::World small = world::make_world({1, 2, world::ItemSet::report}, world::WorldSizes::small());
  std::map<std::string, std::vector<MetricValue>> sums;
  for (const auto& task : world_tasks(world::make_items(small))) {
    std::vector<MetricValue>& sum = sums[task->info().name];
    sum.resize(task->info().metrics.size(), {0, 0});
    for (size_t i = 0; i < task->size(); ++i) {
      std::vector<Answer> answers(task->requests(i).size());
      for (Answer& answer : answers) {
        answer.text = task->target(i) + ending;
        answer.finish = finish;
      }
      const std::vector<MetricValue> values = task->score(i, answers);
      for (size_t m = 0; m < values.size(); ++m) {
        sum[m].value += values[m].value;
        sum[m].weight += values[m].weight;
      }
    }
  }
  sums.erase("new_fact_choice");
  return sums;
}

}  // namespace

TEST(WorldTasks, RightAnswersScoreInFull) {
  for (const auto& [task, metrics] : score_all("", "stop_token")) {
    EXPECT_EQ(metrics[0].value, metrics[0].weight) << task;
    EXPECT_EQ(metrics[1].value, metrics[1].weight) << task;
  }
}

TEST(WorldTasks, AnAnswerThatDoesNotEndCountsInTheLenientReadingOnly) {
  for (const auto& [task, metrics] : score_all("", "length")) {
    EXPECT_EQ(metrics[0].value, 0) << task;
    EXPECT_EQ(metrics[1].value, metrics[1].weight) << task;
  }
}

TEST(WorldTasks, TheForumsFullStopCountsInTheLenientReadingOnly) {
  for (const auto& [task, metrics] : score_all(" . reader", "stop_token")) {
    EXPECT_EQ(metrics[0].value, 0) << task;
    EXPECT_EQ(metrics[1].value, metrics[1].weight) << task;
  }
}

TEST(WorldTasks, AWrongAnswerScoresNothing) {
  for (const auto& [task, metrics] : score_all(" and more of it", "stop_token")) {
    EXPECT_EQ(metrics[0].value + metrics[1].value, 0) << task;
  }
}

TEST(WorldTasks, TheMostLikelyChoiceIsTaken) {
  const world::World small = world::make_world({1, 2, world::ItemSet::report}, world::WorldSizes::small());
  for (const auto& task : world_tasks(world::make_items(small))) {
    if (task->info().name != "new_fact_choice") continue;
    ASSERT_GT(task->size(), 0U);
    int right = 0;
    for (size_t likely = 0; likely < 4; ++likely) {
      std::vector<Answer> answers(4);
      for (size_t i = 0; i < 4; ++i) answers[i].log_likelihood = i == likely ? -1.0 : -2.0;
      right += task->score(0, answers)[0].value > 0 ? 1 : 0;
    }
    EXPECT_EQ(right, 1);
  }
}

}  // namespace evergreen
