#include "evergreen/eval/tasks.hpp"

#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/data/parquet_reader.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "tests/data/compress.hpp"
#include "tests/eval/toy_model.hpp"
#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

class TasksTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(dir_ / name) << text;
    return (dir_ / name).string();
  }
  static double value(const Evaluation& e, const std::string& metric, const std::string& filter = "none") {
    return find_metric(e, e.tasks.at(0).task.name, metric, filter).estimate.value;
  }
  Evaluation run(const std::string& spec, const TaskOptions& options = {},
                 const RunOptions& run_options = {}) {
    return evaluate(model_, make_tasks({spec}, options), run_options);
  }

  test::TempDir dir_;
  test::ToyModel model_;
};

}  // namespace

TEST_F(TasksTest, PerplexityIsPerTokenWordAndByteOverAllText) {
  // 2 and 4 bytes, 1 and 2 words; one nat a byte, a token for every two bytes.
  const std::string file =
      write("held.jsonl", "{\"text\": \"ab\"}\n\n{\"text\": \"c de\"}\n{\"text\": \"\"}\n");
  model_.document = [](const std::string& text) {
    return Answer{.log_likelihood = -static_cast<double>(text.size()),
                  .tokens = static_cast<int64_t>(text.size() / 2)};
  };
  const Evaluation e = run("perplexity:" + file);
  EXPECT_EQ(e.tasks[0].task.name, "perplexity:held");
  EXPECT_EQ(e.tasks[0].evaluated_items, 2);
  EXPECT_NEAR(value(e, "token_perplexity"), std::exp(2.0), 1e-12);
  EXPECT_NEAR(value(e, "word_perplexity"), std::exp(2.0), 1e-12);
  EXPECT_NEAR(value(e, "byte_perplexity"), std::exp(1.0), 1e-12);
  EXPECT_NEAR(value(e, "bits_per_byte"), 1 / std::log(2.0), 1e-12);
  EXPECT_NEAR(find_metric(e, "perplexity:held", "byte_perplexity").estimate.standard_error, 0, 1e-12);
}

TEST_F(TasksTest, ATextFileIsOneDocument) {
  model_.document = [](const std::string& text) {
    return Answer{.log_likelihood = -static_cast<double>(text.size()), .tokens = 1};
  };
  const Evaluation e = run("perplexity:" + write("all.txt", "line one\n\nline two\n"));
  EXPECT_EQ(e.tasks[0].evaluated_items, 1);
  EXPECT_NE(results_json(e).find("\"byte_perplexity_stderr,none\": \"N/A\""), std::string::npos);
}

TEST_F(TasksTest, FilesMayBeCompressedOrParquet) {
  const auto compressed = [&](const std::string& name, const std::string& text) {
    return write(name, name.ends_with(".gz") ? test::gzip_of(text) : test::zstd_of(text));
  };
  const std::string gz = compressed("q.jsonl.gz", "{\"question\": \"a\", \"answer\": \"b\"}\n");
  EXPECT_EQ(make_task("qa:" + gz)->size(), 1U);
  EXPECT_EQ(
      make_task("perplexity:" + compressed("h.jsonl.zst", "{\"text\": \"ab\"}\n{\"text\": \"c\"}\n"))->size(),
      2U);
  if (!has_parquet()) GTEST_SKIP() << "this build has no Arrow: Parquet was not read";
  const std::string parquet = test::golden_path("data/documents.parquet").string();
  const TaskOptions another{.text_field = "iso"};
  EXPECT_EQ(make_task("perplexity:" + parquet, another)->size(), read_json_lines(parquet).size());
  test::expect_error(ErrorKind::input, "documents.parquet, row 1", [&] { make_task("qa:" + parquet); });
}

TEST_F(TasksTest, QaTakesAnyOfTheAnswers) {
  const std::string file = write("q.jsonl", R"({"question": "Who?", "answers": ["Ann", "the Ann Lee"]}
{"question": "Where?", "answer": "Rome"}
{"question": "When?", "answer": "now"}
)");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest& r) {
    EXPECT_EQ(r.until, std::vector<std::string>{"\n"});
    if (prompt == "Question: Who?\nAnswer:") return " ann lee.";
    if (prompt == "Question: Where?\nAnswer:") return " Rome ";
    return " not now";
  };
  const Evaluation e = run("qa:" + file);
  EXPECT_NEAR(value(e, "exact_match", "strict"), 1.0 / 3, 1e-12);
  EXPECT_NEAR(value(e, "exact_match", "normalized"), 2.0 / 3, 1e-12);
  EXPECT_NEAR(value(e, "f1", "normalized"), (1 + 1 + 2.0 / 3) / 3, 1e-12);
}

TEST_F(TasksTest, QaAsAConversationAsksTheQuestionAlone) {
  const std::string file = write("q.jsonl", R"({"question": "Who?", "answer": "Ann"})");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest& r) {
    EXPECT_EQ(prompt, "<user>Who?");
    EXPECT_TRUE(r.until.empty());
    EXPECT_EQ(r.max_new_tokens, 9);
    return "Ann";
  };
  EXPECT_EQ(value(run("qa:" + file, {.chat = true, .max_new_tokens = 9}), "exact_match", "strict"), 1);
}

TEST_F(TasksTest, ChoiceComparesSumsAndSumsPerCharacter) {
  const std::string file = write("c.jsonl", R"({"context": "Q", "choices": ["no", "certainly"], "gold": 1}
{"context": "R", "choices": ["yes", "non"], "gold": 0}
)");
  model_.log_likelihood = [](const std::string& prompt, const std::string& continuation) {
    if (prompt == "R") return -1.0;  // a tie goes to the first
    if (continuation == " no") return -2.0;
    EXPECT_EQ(continuation, " certainly");
    return -4.5;  // worse in sum, better per character
  };
  const Evaluation e = run("choice:" + file);
  EXPECT_EQ(value(e, "acc"), 0.5);
  EXPECT_EQ(value(e, "acc_norm"), 1);
}

TEST_F(TasksTest, ChoiceAsAConversationAddsNoSpace) {
  const std::string file = write("c.jsonl", R"({"context": "Q", "choices": ["a", "b"], "gold": 1})");
  model_.log_likelihood = [](const std::string& prompt, const std::string& continuation) {
    EXPECT_EQ(prompt, "<user>Q");
    return continuation == "b" ? -1.0 : -2.0;
  };
  EXPECT_EQ(value(run("choice:" + file, {.chat = true}), "acc"), 1);
}

TEST_F(TasksTest, InstructionsCountPromptsAndChecks) {
  const std::string file =
      write("i.jsonl", R"({"prompt": "p", "checks": [{"check": "lowercase"}, {"check": "words", "max": 1}]}
{"prompt": "q", "checks": [{"check": "lowercase"}, {"check": "words", "max": 1}, {"check": "ends_with", "text": "z"}]}
)");
  model_.say = [](const std::string& prompt, const GenerateUntilRequest&) {
    return prompt == "p" ? "fine" : "this is Not";
  };
  const Evaluation e = run("instructions:" + file);
  EXPECT_EQ(value(e, "prompt_level_acc"), 0.5);
  EXPECT_EQ(value(e, "inst_level_acc"), 2.0 / 5);
}

TEST_F(TasksTest, BadItemsNameFileAndLine) {
  const auto expect = [&](const std::string& kind, const std::string& line, const std::string& words) {
    const std::string file = write("bad.jsonl", "\n" + line + "\n");
    test::expect_error(ErrorKind::input, words, [&] { make_task(kind + ":" + file); });
    test::expect_error(ErrorKind::input, "bad.jsonl, line 2", [&] { make_task(kind + ":" + file); });
  };
  expect("qa", R"({"question": "a"})", "'answer'");
  expect("qa", R"({"question": "a", "answers": []})", "empty");
  expect("qa", R"({"question": "a", "answer": "b", "answers": ["b"]})", "both");
  expect("qa", R"(["a"])", "not a JSON object");
  expect("choice", R"({"context": "a", "choices": ["b", "c"], "gold": 2})", "'gold' is 2");
  expect("choice", R"({"context": "a", "choices": ["b"], "gold": 0})", "fewer than two");
  expect("choice", R"({"context": "a", "choices": ["b", ""], "gold": 0})", "empty");
  expect("instructions", R"({"prompt": "a", "checks": [{"check": "quotd"}]})", "did you mean 'quoted'?");
  expect("instructions", R"({"prompt": "a", "checks": []})", "at least one check");
  expect("perplexity", R"({"txt": "a"})", "'text'");
}

TEST_F(TasksTest, NamesThatAreNoTaskGetTheNearest) {
  test::expect_error(ErrorKind::usage, "did you mean 'perplexity'?", [] { make_task("preplexity:x.txt"); });
  test::expect_error(ErrorKind::usage, "needs a file", [] { make_task("qa"); });
  test::expect_error(ErrorKind::usage, "needs a file", [] { make_task("qa:"); });
  test::expect_error(ErrorKind::input, "no item", [&] { make_task("qa:" + write("empty.jsonl", "\n")); });
  test::expect_error(ErrorKind::input, ".txt or .parquet",
                     [&] { make_task("perplexity:" + write("x.csv", "a")); });
  test::expect_error(ErrorKind::io, "missing.jsonl",
                     [&] { make_task("qa:" + (dir_ / "missing.jsonl").string()); });
}

}  // namespace evergreen
