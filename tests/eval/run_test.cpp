#include "evergreen/eval/run.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/eval/toy_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

// Items 0 .. count-1; the model is asked to repeat the number and is right on those below `right`.
std::unique_ptr<Task> echo_task(const std::string& name, int count) {
  std::vector<FunctionItem> items;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    items.push_back(checked_item(GenerateUntilRequest{{number, {}}, {"."}, 4},
                                 [number](const std::string& text) { return text == number; }));
    items.back().document = "{\"number\": " + number + "}";
    items.back().target = number;
  }
  return std::make_unique<FunctionTask>(TaskInfo{.name = name, .metrics = {{"acc"}}}, std::move(items));
}

test::ToyModel right_below(int right) {
  test::ToyModel model;
  model.say = [right](const std::string& prompt, const GenerateUntilRequest&) {
    return std::stoi(prompt) < right ? prompt : "no";
  };
  return model;
}

Tasks tasks_of(std::unique_ptr<Task> task) {
  Tasks tasks;
  tasks.push_back(std::move(task));
  return tasks;
}

}  // namespace

TEST(Run, ScoresAFunctionTaskWithErrorAndInterval) {
  test::ToyModel model = right_below(30);
  const Evaluation e = evaluate(model, tasks_of(echo_task("echo", 40)));
  const MetricResult& acc = find_metric(e, "echo", "acc");
  EXPECT_EQ(acc.estimate.value, 0.75);
  EXPECT_NEAR(acc.estimate.standard_error, std::sqrt(0.75 * 0.25 / 39), 1e-12);
  EXPECT_EQ(acc.interval, wilson_interval(30, 40));
  EXPECT_EQ(e.model, "toy");
}

TEST(Run, AllTasksShareOneBatchAndALimitTakesTheFirstItems) {
  test::ToyModel model = right_below(3);
  Tasks tasks = tasks_of(echo_task("a", 10));
  tasks.push_back(echo_task("b", 2));
  const Evaluation e = evaluate(model, tasks, {.limit = 4});
  EXPECT_EQ(model.calls, 1);
  EXPECT_EQ(e.tasks[0].original_items, 10);
  EXPECT_EQ(e.tasks[0].evaluated_items, 4);
  EXPECT_EQ(find_metric(e, "a", "acc").estimate.value, 0.75);
  EXPECT_EQ(find_metric(e, "b", "acc").estimate.value, 1);
}

TEST(Run, TheResultsFileHasTheShapeOfLmEvaluationHarness) {
  test::ToyModel model = right_below(1);
  const Json json = parse_json(results_json(evaluate(model, tasks_of(echo_task("echo", 2)))), "results");
  EXPECT_EQ(json["results"]["echo"]["acc,none"], 0.5);
  EXPECT_EQ(json["results"]["echo"]["acc_stderr,none"], 0.5);
  EXPECT_EQ(json["results"]["echo"]["alias"], "echo");
  EXPECT_EQ(json["configs"]["echo"]["task"], "echo");
  EXPECT_EQ(json["versions"]["echo"], 1);
  EXPECT_EQ(json["n-shot"]["echo"], 0);
  EXPECT_EQ(json["higher_is_better"]["echo"]["acc"], true);
  EXPECT_EQ(json["n-samples"]["echo"], (Json{{"original", 2}, {"effective", 2}}));
  EXPECT_EQ(json["model_name"], "toy");
}

TEST(Run, SamplesAreOneLineForAnItem) {
  test::ToyModel model = right_below(1);
  const Evaluation e = evaluate(model, tasks_of(echo_task("echo", 2)), {.keep_samples = true});
  const std::string text = samples_jsonl(e.tasks[0]);
  const Json second = parse_json(text.substr(text.find('\n') + 1), "samples");
  EXPECT_EQ(second["doc_id"], 1);
  EXPECT_EQ(second["doc"]["number"], 1);
  EXPECT_EQ(second["target"], "1");
  EXPECT_EQ(second["arguments"]["gen_args_0"]["arg_0"], "1");
  EXPECT_EQ(second["arguments"]["gen_args_0"]["arg_1"]["until"][0], ".");
  EXPECT_EQ(second["resps"], Json::parse(R"([["no"]])"));
  EXPECT_EQ(second["filter"], "none");
  EXPECT_EQ(second["acc"], 0.0);
  EXPECT_TRUE(samples_jsonl(evaluate(model, tasks_of(echo_task("echo", 2))).tasks[0]).empty());
}

TEST(Run, TwoArmsAreComparedItemByItem) {
  test::ToyModel good = right_below(90), bad = right_below(60);
  const Evaluation a = evaluate(good, tasks_of(echo_task("echo", 100))),
                   b = evaluate(bad, tasks_of(echo_task("echo", 100)));
  const PairedDifference d = compare_arms(find_metric(a, "echo", "acc"), find_metric(b, "echo", "acc"));
  EXPECT_NEAR(d.difference, 0.3, 1e-12);
  EXPECT_GT(d.interval.low, 0.2);
  EXPECT_LT(d.interval.high, 0.4);
  EXPECT_LT(d.p_value, 1e-8);
}

TEST(Run, MistakesAreNamed) {
  test::ToyModel model = right_below(1);
  const Evaluation e = evaluate(model, tasks_of(echo_task("echo", 2)));
  test::expect_error(ErrorKind::usage, "did you mean 'echo'?", [&] { find_metric(e, "ecko", "acc"); });
  test::expect_error(ErrorKind::usage, "no metric 'ac,none'", [&] { find_metric(e, "echo", "ac"); });
  test::expect_error(ErrorKind::usage, "no task", [&] { evaluate(model, {}); });
  test::expect_error(ErrorKind::input, "no item", [&] { evaluate(model, tasks_of(echo_task("none", 0))); });
  Tasks twice = tasks_of(echo_task("echo", 1));
  twice.push_back(echo_task("echo", 1));
  test::expect_error(ErrorKind::usage, "two tasks have the name 'echo'", [&] { evaluate(model, twice); });
}

TEST(Run, TheTableNamesEveryMetric) {
  test::ToyModel model = right_below(1);
  const std::string table = results_table(evaluate(model, tasks_of(echo_task("echo", 2))));
  EXPECT_NE(table.find("acc,none"), std::string::npos);
  EXPECT_NE(table.find("0.5000"), std::string::npos);
}

}  // namespace evergreen
