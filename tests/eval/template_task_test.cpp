#include "evergreen/eval/template_task.hpp"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "evergreen/eval/groups.hpp"
#include "tests/eval/golden_runs.hpp"
#include "tests/eval/pseudo_model.hpp"
#include "tests/eval/toy_model.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::crc32_of;

void expect_text(const Json& golden, const char* key, const std::string& text, const std::string& where) {
  if (golden.contains(key)) {
    EXPECT_EQ(golden[key].get<std::string>(), text) << where;
  }
  EXPECT_EQ(golden[std::string(key) + "_crc32"].get<uint32_t>(), crc32_of(text)) << where << ": " << text;
}

void expect_requests(const Json& line, const std::vector<Request>& requests) {
  const std::string where = line["run"].get<std::string>() + ", " + line["task"].get<std::string>() +
                            ", document " + line["doc_id"].dump();
  ASSERT_EQ(requests.size(), line["requests"].size()) << where;
  for (size_t i = 0; i < requests.size(); ++i) {
    const Json& golden = line["requests"][i];
    if (const auto* l = std::get_if<LikelihoodRequest>(&requests[i])) {
      expect_text(golden, "ctx", test::prompt_string(l->prompt), where);
      expect_text(golden, "cont", l->continuation, where);
    } else if (const auto* r = std::get_if<RollingRequest>(&requests[i])) {
      expect_text(golden, "cont", r->document, where);
    } else {
      const auto& g = std::get<GenerateUntilRequest>(requests[i]);
      expect_text(golden, "ctx", test::prompt_string(g.prompt), where);
      EXPECT_EQ(golden["gen_kwargs"]["until"], Json(g.until)) << where;
      EXPECT_EQ(golden["gen_kwargs"].value("max_gen_toks", 256), g.max_new_tokens) << where;
    }
  }
}

// The harness gives a number, or for perplexities a pair.
void expect_score(const Json& golden, const MetricValue& value, const std::string& where) {
  const double wanted = golden.is_array() ? golden[0].get<double>() : golden.get<double>();
  EXPECT_NEAR(value.value, wanted, 1e-12 * std::max(1.0, std::abs(wanted))) << where;
  EXPECT_EQ(value.weight, golden.is_array() ? golden[1].get<double>() : 1.0) << where;
}

void expect_metrics(const Json& golden, const std::string& name, const std::vector<MetricResult>& metrics,
                    int64_t items) {
  EXPECT_EQ(golden["sample_len"].get<int64_t>(), items) << name;
  for (const MetricResult& m : metrics) {
    const std::string key = m.metric.name + "," + m.metric.filter,
                      error = m.metric.name + "_stderr," + m.metric.filter;
    ASSERT_TRUE(golden.contains(key)) << name << " " << key;
    EXPECT_NEAR(m.estimate.value, golden[key].get<double>(),
                1e-12 * std::abs(golden[key].get<double>()) + 1e-15)
        << name << " " << key;
    // The harness has no error for a ratio over words or bytes; ours is that of the ratio.
    if (golden[error].is_number()) {
      EXPECT_NEAR(m.estimate.standard_error, golden[error].get<double>(), 1e-12) << name << " " << key;
    }
  }
}

}  // namespace

TEST(TemplateTask, AsksAndScoresAsTheHarnessDoesInEveryGoldenRun) {
  const Json runs = read_json(test::golden_path("eval/results.json"));
  auto lines = test::golden_lines_by_run("eval/requests.jsonl");
  ASSERT_EQ(runs.size(), lines.size());
  for (const auto& [name, run] : runs.items()) {
    const Tasks tasks = make_tasks(run["tasks"].get<std::vector<std::string>>(), test::golden_options(run));
    test::PseudoModel model;
    const Evaluation evaluation = evaluate(model, tasks, {.limit = 0, .keep_samples = true});
    std::map<std::string, size_t> index;
    for (size_t t = 0; t < tasks.size(); ++t) index[tasks[t]->info().name] = t;
    size_t documents = 0;
    for (const Json& line : lines[name]) {
      ASSERT_TRUE(index.contains(line["task"].get<std::string>())) << line["task"];
      const size_t t = index[line["task"].get<std::string>()];
      const auto item = line["doc_id"].get<size_t>();
      const std::string where = fmt::format("{}, {}, document {}", name, tasks[t]->info().name, item);
      ++documents;
      expect_requests(line, tasks[t]->requests(item));
      EXPECT_EQ(line["target"].get<std::string>(), tasks[t]->target(item)) << where;
      for (const MetricResult& m : evaluation.tasks[t].metrics)
        expect_score(line["scores"][m.metric.name + "," + m.metric.filter], m.values[item],
                     where + " " + m.metric.name);
      const std::map<std::string, std::string>& filtered = evaluation.tasks[t].samples[item].filtered;
      if (line.contains("filtered")) {
        EXPECT_EQ(line["filtered"], Json(filtered)) << where;
      }
    }
    size_t all = 0;
    for (const TaskResult& t : evaluation.tasks) {
      all += static_cast<size_t>(t.evaluated_items);
      expect_metrics(run["results"][t.task.name], t.task.name, t.metrics, t.evaluated_items);
      if (run["versions"].contains(t.task.name)) {
        EXPECT_EQ(run["versions"][t.task.name].get<double>(), t.task.version) << t.task.name;
      }
    }
    EXPECT_EQ(documents, all) << name;
    for (const GroupResult& g : group_results(evaluation)) {
      if (run["results"].contains(g.name)) expect_metrics(run["results"][g.name], g.name, g.metrics, g.items);
    }
  }
}

namespace {

class OwnTask : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  Evaluation run(const std::string& toml, const TaskOptions& options = {}) {
    return evaluate(model_, make_tasks({write("own.toml", toml)}, options));
  }
  static double value(const Evaluation& e, const std::string& metric, const std::string& filter = "none") {
    return find_metric(e, e.tasks.at(0).task.name, metric, filter).estimate.value;
  }

  test::TempDir dir_;
  test::ToyModel model_;
};

constexpr const char* kCapitals = R"(
task = "capitals"
output_type = "generate_until"
test_split = "test"
fewshot_split = "train"
doc_to_text = "Capital of {{country}}?"
doc_to_target = "{{capitals}}"
generation_kwargs = {until = ["\n"], max_gen_toks = 8}
metric_list = [{metric = "exact_match", ignore_case = true}, {metric = "token_f1"}]
fewshot_config = {sampler = "first_n"}
[files]
test = "test.jsonl"
train = ["missing.jsonl", "train.csv"]
[[filter_list]]
name = "word"
filter = [{function = "regex", regex_pattern = '(\w+)'}, {function = "take_first"}]
)";

}  // namespace

TEST_F(OwnTask, ATomlFileIsATask) {
  write("test.jsonl", R"({"country": "France", "capitals": ["Paris"]}
{"country": "Bolivia", "capitals": ["Sucre", "La Paz"]}
)");
  write("train.csv", "country,capitals\nItaly,Rome\n");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest& r) {
    EXPECT_EQ(r.until, std::vector<std::string>{"\n"});
    EXPECT_EQ(r.max_new_tokens, 8);
    EXPECT_TRUE(prompt.starts_with("Capital of Italy? Rome\n\nCapital of ")) << prompt;
    return prompt.ends_with("France?") ? " paris, of course" : " sucre.";
  };
  const Evaluation e = run(kCapitals, {.shots = 1});
  EXPECT_EQ(e.tasks[0].task.name, "capitals");
  EXPECT_EQ(value(e, "exact_match", "word"), 1);
  EXPECT_EQ(value(e, "token_f1", "word"), 1);
}

TEST_F(OwnTask, MistakesNameTheKeyTheLineAndTheNearest) {
  const auto expect = [&](const std::string& toml, const std::string& words) {
    test::expect_error(ErrorKind::input, words, [&] { run(toml); });
    test::expect_error(ErrorKind::input, "own.toml", [&] { run(toml); });
  };
  write("test.jsonl", "{\"q\": \"a\", \"a\": \"b\"}\n");
  const std::string head = "task = \"t\"\ntest_split = \"test\"\n",
                    good = head + "doc_to_text = \"{{q}}\"\ndoc_to_target = \"a\"\n",
                    files = "[files]\ntest = \"test.jsonl\"\n";
  expect(head + "doc_to_txt = \"{{q}}\"\n" + files, "line 3");
  expect(head + "doc_to_txt = \"{{q}}\"\n" + files, "did you mean 'doc_to_text'?");
  expect(good + "metric_list = [{metric = \"exact_mach\"}]\n" + files, "did you mean 'exact_match'?");
  expect(good + "output_type = \"generate\"\n" + files, "'generate' is not a output_type");
  expect(good + "output_type = \"multiple_choice\"\n" + files, "doc_to_choice");
  expect(good + "num_fewshot = \"2\"\n" + files, "'num_fewshot' must be a whole number");
  expect(good + "filter_list = [{name = \"x\", filter = [{function = \"regx\"}]}]\n" + files,
         "did you mean 'regex'?");
  expect(good + "filter_list = [{name = \"x\", filter = [{function = \"regex\", regex_pattern = \"(\"}]}]\n" +
             files,
         "pattern (");
  expect(good + "generation_kwargs = {temperature = 0.7}\n" + files, "greedily");
  expect("task = \"t\"\n" + files, "neither 'test_split' nor 'validation_split'");
  expect(good + "[files\n", "not valid TOML");
  expect("include = \"arc_eazy\"\n", "did you mean 'arc_easy'?");
  expect(good + "where = \"{{q |\"\n" + files, "where");
  expect(good + "[files]\ntrain = \"test.jsonl\"\n", "no file is named for the split 'test'");
  test::expect_error(ErrorKind::input, "looked for other.jsonl",
                     [&] { run(good + "[files]\ntest = \"other.jsonl\"\n"); });
}

TEST_F(OwnTask, WhatARecordLacksIsNamedWithItsLine) {
  write("test.jsonl", "{\"q\": \"a\", \"a\": \"b\"}\n{\"a\": \"b\"}\n");
  const std::string toml =
      "task = \"t\"\ntest_split = \"test\"\ndoc_to_text = \"{{q}}\"\ndoc_to_target = \"a\"\n[files]\ntest = "
      "\"test.jsonl\"\n";
  model_.say = [](const std::string&, const GenerateUntilRequest&) { return "b"; };
  test::expect_error(ErrorKind::input, "'q' is undefined", [&] { run(toml); });
  test::expect_error(ErrorKind::input, "test.jsonl, line 2", [&] { run(toml); });
  test::expect_error(ErrorKind::input, "doc_to_text", [&] { run(toml); });
}

TEST_F(OwnTask, SubtasksAreTasksOfAGroup) {
  write("test.jsonl",
        "{\"kind\": \"x\", \"n\": 1}\n{\"kind\": \"y\", \"n\": 2}\n{\"kind\": \"y\", \"n\": 3}\n");
  const std::string toml = R"(group = "numbers"
task = "numbers_{{subtask}}"
test_split = "test"
where = "{{kind == subtask}}"
doc_to_text = "{{subtask}} {{n}}"
doc_to_target = "{{n}}"
subtasks = ["x", "y", "z"]
[files]
test = "test.jsonl"
)";
  model_.say = [](const std::string& prompt, const GenerateUntilRequest&) {
    return prompt == "x 1" ? "1" : "2";
  };
  const Evaluation e = run(toml);
  ASSERT_EQ(e.tasks.size(), 2U);  // there is no item of z
  const std::vector<GroupResult> groups = group_results(e);
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].tasks, (std::vector<std::string>{"numbers_x", "numbers_y"}));
  EXPECT_NEAR(groups[0].metrics.at(0).estimate.value, 2.0 / 3, 1e-15);  // 1 of 1 and 1 of 2
}

TEST_F(OwnTask, ATaskThatSaysZeroShotsKeepsThem) {
  write("test.jsonl", "{\"q\": \"a\", \"a\": \"b\"}\n");
  const std::string toml =
      "task = \"t\"\ntest_split = \"test\"\nnum_fewshot = 0\ndoc_to_text = \"{{q}}\"\ndoc_to_target = "
      "\"a\"\n[files]\ntest = \"test.jsonl\"\n";
  model_.say = [](const std::string& prompt, const GenerateUntilRequest&) {
    EXPECT_EQ(prompt, "a");
    return "b";
  };
  EXPECT_EQ(run(toml, {.shots = 3}).tasks[0].task.shots, 0);
}

TEST(BuiltInTasks, AreFoundByNameAndMisspeltOnesGetTheNearest) {
  const TaskOptions options{.data = test::golden_path("eval/data")};
  test::expect_error(ErrorKind::usage, "did you mean 'hellaswag'?",
                     [&] { make_tasks({"helaswag"}, options); });
  test::expect_error(ErrorKind::usage, "did you mean 'mmlu_marketing'?",
                     [&] { make_tasks({"mmlu_marketin"}, options); });
  test::expect_error(ErrorKind::usage, "--data", [] { make_tasks({"hellaswag"}); });
  test::expect_error(ErrorKind::usage, "a group of 4 tasks", [&] { make_task("mmlu", options); });
  EXPECT_EQ(make_tasks({"mmlu_stem"}, options).size(), 2U);
  EXPECT_EQ(make_task("mmlu_marketing", options)->size(), 3U);
  EXPECT_EQ(
      make_task("arc_easy:" + (test::golden_path("eval/data") / "arc/arc_challenge_test.jsonl").string())
          ->size(),
      5U);
  EXPECT_EQ(make_task("arc_easy:" + test::golden_path("eval/data").string())->size(), 6U);
  const std::string list = task_list();
  for (const char* name : {"arc_easy", "mmlu ", "57 tasks", "truthfulqa_mc2", "wikitext", "qa:FILE"})
    EXPECT_NE(list.find(name), std::string::npos) << name;
}

#if EVERGREEN_WITH_PARQUET

TEST(TemplateTask, AsksTheSameOfParquetInTheFoldersOfTheHub) {
  const auto asked = [](const std::string& spec, const fs::path& data) {
    TaskOptions options;
    options.data = data;
    options.shots = 2;
    const auto task = make_task(spec, options);
    std::vector<std::string> texts;
    for (size_t item = 0; item < task->size(); ++item) {
      for (const Request& request : task->requests(item)) {
        const auto& likelihood = std::get<LikelihoodRequest>(request);
        texts.push_back(test::prompt_string(likelihood.prompt) + likelihood.continuation);
      }
    }
    return texts;
  };
  const fs::path lines = test::golden_path("eval/data"), parquet = test::golden_path("eval/parquet");
  EXPECT_EQ(asked("arc_challenge", parquet),
            asked("arc_challenge", lines));  // its test split is in two parts
  EXPECT_EQ(asked("openbookqa:" + (parquet / "openbookqa").string(), {}), asked("openbookqa", lines));
}

#endif

}  // namespace evergreen
