#include "evergreen/eval/dates.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "evergreen/eval/groups.hpp"
#include "evergreen/eval/tasks.hpp"
#include "tests/eval/toy_model.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

TEST(Dates, AreComparedByTheDay) {
  EXPECT_TRUE(is_before("2024-01-31", "2024-02-01"));
  EXPECT_FALSE(is_before("2024-02-01T10:00:00", "2024-02-01"));
  require_date("2024-02-01 10:00", "x");
  test::expect_error(ErrorKind::input, "'1 May 2024' is not a date", [] { require_date("1 May 2024", "x"); });
}

class DatedTask : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  void expect_split(const Evaluation& e, const std::string& name, const std::string& metric,
                    const std::string& filter) {
    ASSERT_EQ(e.tasks.size(), 2U);
    EXPECT_EQ(find_metric(e, name + "_before", metric, filter).estimate.value, 1);
    EXPECT_NEAR(find_metric(e, name + "_from", metric, filter).estimate.value, 0.5, 1e-15);
    const std::vector<GroupResult> groups = group_results(e);
    ASSERT_EQ(groups.size(), 1U);
    EXPECT_EQ(groups[0].name, name);
    EXPECT_EQ(groups[0].items, 3);
  }
  test::TempDir dir_;
  test::ToyModel model_;
};

TEST_F(DatedTask, QuestionsAreSplitIntoOldAndNew) {
  const std::string file = write("q.jsonl", R"({"question": "a", "answer": "A", "date": "2024-05-31"}
{"question": "b", "answer": "B", "date": "2024-06-01"}
{"question": "c", "answer": "C", "date": "2024-07-09"}
)");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest&) {
    return prompt.find("c") == prompt.npos || prompt.find("Question: c") == prompt.npos
               ? (prompt.find("Question: a") != prompt.npos ? "A" : "B")
               : "no";
  };
  expect_split(evaluate(model_, make_tasks({"qa:" + file}, {.since = "2024-06-01"})), "qa:q", "exact_match",
               "strict");
  EXPECT_EQ(make_tasks({"qa:" + file}).size(), 1U);
  const std::string bare = write("bare.jsonl", R"({"question": "a", "answer": "A"})");
  test::expect_error(ErrorKind::input, "bare.jsonl, line 1",
                     [&] { make_tasks({"qa:" + bare}, {.since = "2024-06-01"}); });
}

TEST_F(DatedTask, SoAreTasksThatNameTheirDate) {
  write("q.jsonl", R"({"q": "a", "day": "2024-05-31"}
{"q": "b", "day": "2024-06-01"}
{"q": "c", "day": "2024-07-09"}
)");
  const std::string toml = write("own.toml", R"(task = "own"
test_split = "test"
doc_to_text = "{{q}}"
doc_to_target = "{{q | upper}}"
doc_to_date = "{{day}}"
metric_list = [{metric = "exact_match"}]
files = {test = "q.jsonl"}
)");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest&) {
    return prompt == "a" ? "A" : "B";
  };
  expect_split(evaluate(model_, make_tasks({toml}, {.since = "2024-06-01"})), "own", "exact_match", "none");
  EXPECT_EQ(make_tasks({toml}, {.since = "2020-01-01"}).size(), 1U);  // all are newer
}

}  // namespace
}  // namespace evergreen
