#include "evergreen/eval/compare.hpp"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/eval/toy_model.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

class CompareTest : public testing::Test {
 protected:
  // `count` items in two tasks of a group; right on those below `right`.
  Evaluation run(int count, int right) const {
    Tasks tasks;
    for (const char* name : {"group_a", "group_b"}) {
      std::vector<FunctionItem> items;
      for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        items.push_back(checked_item(GenerateUntilRequest{{number, {}}, {}, 4},
                                     [number](const std::string& text) { return text == number; }));
        items.back().document = "{\"number\": " + number + "}";
      }
      TaskInfo info{.name = name, .metrics = {{"acc"}}};
      info.groups = {"group"};
      tasks.push_back(std::make_unique<FunctionTask>(info, std::move(items)));
    }
    test::ToyModel model;
    model.say = [right](const std::string& prompt, const GenerateUntilRequest&) {
      return std::stoi(prompt) < right ? prompt : std::string("no");
    };
    return evaluate(model, tasks, {.keep_samples = true});
  }
  fs::path write(const std::string& name, const Evaluation& e) const {
    fs::create_directories(dir_ / name);
    for (const TaskResult& task : e.tasks)
      std::ofstream(dir_ / name / ("samples_" + task.task.name + "_2026-11-24T18-00-00.123.jsonl"))
          << samples_jsonl(task);
    std::ofstream(dir_ / name / "results_2026-11-24T18-00-00.123.json") << results_json(e);
    return dir_ / name;
  }
  test::TempDir dir_;
};

TEST_F(CompareTest, McNemarsTestCountsThePairsThatDiffer) {
  const std::vector<MetricValue> a = {{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 1}, {0, 1}},
                                 b = {{0, 1}, {0, 1}, {0, 1}, {0, 1}, {1, 1}, {1, 1}, {0, 1}};
  const Comparison c = compare_values(a, b, Aggregation::mean);
  EXPECT_EQ(c.only_a, 4);
  EXPECT_EQ(c.only_b, 1);
  EXPECT_TRUE(c.exact);
  EXPECT_NEAR(c.p_value, 2 * (1 + 5) / 32.0, 1e-12);  // of five fair coins at most one
}

TEST_F(CompareTest, ScoresThatAreNoYesOrNoAreComparedByTheBootstrap) {
  std::vector<MetricValue> a, b;
  for (int i = 0; i < 50; ++i) {
    a.push_back({-10.0 - i, 4});
    b.push_back({-11.0 - i, 4});
  }
  const Comparison c = compare_values(a, b, Aggregation::perplexity);
  EXPECT_FALSE(c.exact);
  EXPECT_LT(c.a, c.b);
  EXPECT_LT(c.interval.high, 0);
  EXPECT_LT(c.p_value, 0.001);
}

TEST_F(CompareTest, DirectoriesOfSamplesGiveWhatTheEvaluationsGive) {
  const Evaluation a = run(60, 50), b = run(60, 35);
  const Comparisons direct = compare_evaluations(a, b), read = compare_samples(write("a", a), write("b", b));
  ASSERT_EQ(direct.rows.size(), 3U);  // the group and its tasks
  EXPECT_EQ(comparison_json(direct), comparison_json(read));
  EXPECT_EQ(read.rows[0].task, "group");
  EXPECT_EQ(read.rows[0].items, 120);
  EXPECT_EQ(read.rows[0].only_a, 30);
  EXPECT_NEAR(read.rows[0].p_value, 2 * std::pow(0.5, 30), 1e-15);
  EXPECT_NE(comparison_table(read).find("+0.2500"), std::string::npos);
}

TEST_F(CompareTest, OtherItemsAndOtherTasksAreErrors) {
  const fs::path a = write("a", run(60, 50)), b = write("b", run(59, 50));
  test::expect_error(ErrorKind::input, "are of different items", [&] { compare_samples(a, b); });
  test::expect_error(ErrorKind::input, "not a directory", [&] { compare_samples(a, dir_ / "none"); });
  fs::create_directories(dir_ / "empty");
  test::expect_error(ErrorKind::input, "no samples_TASK.jsonl", [&] { compare_samples(a, dir_ / "empty"); });
  fs::copy(a / "samples_group_a_2026-11-24T18-00-00.123.jsonl", a / "samples_group_a.jsonl");
  test::expect_error(ErrorKind::input, "two files hold samples of 'group_a'", [&] { compare_samples(a, b); });
}

}  // namespace
}  // namespace evergreen
