// eval, generate and chat as a user runs them, on a small random model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/cli/program.hpp"
#include "tests/pipeline/tiny_pair.hpp"

namespace evergreen {
using test::Outcome;
using test::run_program;
using test::TempDir;
using testing::HasSubstr;

namespace {

class ModelCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir();
    test::make_tiny_pair(dir_->path());
    replace_file(*dir_ / "held.jsonl", test::tiny_corpus(5, 4));
    replace_file(
        *dir_ / "qa.jsonl",
        "{\"question\": \"the river\", \"answer\": \"town\"}\n{\"question\": \"rain\", \"answer\": \"a\"}\n");
    replace_file(*dir_ / "prompts.txt", "the river\n\na new bridge\n");
    replace_file(
        *dir_ / "prompts.jsonl",
        "{\"prompt\": \"the river\"}\n{\"messages\": [{\"role\": \"user\", \"content\": \"rain\"}]}\n");
  }
  static void TearDownTestSuite() { delete dir_; }
  static std::string path(const std::string& name) { return (*dir_ / name).string(); }
  static std::string model() { return " --threads 1 --model " + path("instruct"); }

  static TempDir* dir_;
};
TempDir* ModelCommands::dir_ = nullptr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_F(ModelCommands, EvalPrintsATableAndWritesResultsAndSamples) {
  const std::string tasks = " --tasks perplexity:" + path("held.jsonl") + ",qa:" + path("qa.jsonl");
  const Outcome outcome = run_program("eval --chat --max-new-tokens 4" + model() + tasks + " --out " +
                                      path("r.json") + " --samples " + path("samples"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("byte_perplexity,none"));
  const Json results = read_json(path("r.json"));
  EXPECT_GT(results["results"]["perplexity:held"]["byte_perplexity,none"].get<double>(), 1);
  EXPECT_EQ(results["n-samples"]["qa:qa"]["effective"], 2);
  std::map<std::string, fs::path> samples;  // by what stands before the date
  for (const auto& entry : fs::directory_iterator(path("samples")))
    samples[entry.path().filename().string().substr(0, entry.path().filename().string().rfind('_'))] =
        entry.path();
  ASSERT_TRUE(samples.contains("samples_qa_qa") && samples.contains("samples_perplexity_held") &&
              samples.contains("results"));
  EXPECT_EQ(lines_of(read_text(samples["samples_qa_qa"])).size(), 4U);  // two items, two filters
  const Outcome again = run_program("eval" + model() + tasks + " --out " + path("r.json"));
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
}

TEST_F(ModelCommands, EvalComparesModelsOnTheSameItems) {
  const std::string models = " --threads 1 --model " + path("base") + " --model " + path("instruct"),
                    tasks = " --tasks perplexity:" + path("held.jsonl") + ",qa:" + path("qa.jsonl");
  const Outcome outcome = run_program("eval --chat --chat-template " + path("instruct") +
                                      " --max-new-tokens 4" + models + tasks + " --samples " + path("two"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("95 % interval"));
  const Outcome compared =
      run_program("eval --json --compare " + path("two/instruct") + " " + path("two/base"));
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const Json rows = parse_json(compared.out, "stdout")["comparisons"];
  EXPECT_EQ(rows.size(), 7U);  // four perplexities, three scores of the questions
  const Outcome list = run_program("eval --tasks list");
  EXPECT_THAT(list.out, HasSubstr("truthfulqa_mc2"));
  const Outcome none = run_program("eval --model " + path("base"));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("--tasks"));
}

TEST_F(ModelCommands, EvalGivesMachinesTheSameAsJson) {
  const Outcome outcome =
      run_program("eval --json --limit 2" + model() + " --tasks perplexity:" + path("held.jsonl"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(parse_json(outcome.out, "stdout")["n-samples"]["perplexity:held"]["effective"], 2);
}

TEST_F(ModelCommands, AMisspeltTaskGetsTheNearestName) {
  const Outcome outcome = run_program("eval" + model() + " --tasks perplexty:x.txt");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'perplexity'?"));
}

TEST_F(ModelCommands, GenerateAnswersEveryPrompt) {
  for (const char* prompts : {"prompts.txt", "prompts.jsonl"}) {
    const Outcome outcome =
        run_program("generate --max-new-tokens 5" + model() + " --prompts " + path(prompts));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::vector<std::string> lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), 2U);
    for (const std::string& line : lines) EXPECT_LE(parse_json(line, "answer")["tokens"].get<int>(), 5);
    EXPECT_EQ(parse_json(lines[0], "answer")["prompt"], "the river");
  }
}

TEST_F(ModelCommands, GenerateSamplesBySeed) {
  const std::string command =
      "generate --max-new-tokens 12 --temperature 1.5" + model() + " --prompts " + path("prompts.txt");
  const std::string first = run_program(command + " --seed 1").out;
  EXPECT_EQ(first, run_program(command + " --seed 1 --max-sequences 1").out);
  EXPECT_NE(first, run_program(command + " --seed 2").out);
}

TEST_F(ModelCommands, ChatReadsLinesFromAPipe) {
  const Outcome outcome = run_program("chat --max-new-tokens 1" + model(),
                                      "the river\n/rest\n/reset\n/system be brief\nrain\n/exit\nnot read\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 2U) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("did you mean '/reset'?"));
  EXPECT_EQ(run_program("chat" + model(), "").exit_code, 0);
}

TEST_F(ModelCommands, AChatLongerThanTheContextForgetsItsOldestExchanges) {
  std::string input;
  for (int i = 0; i < 12; ++i) input += "the river town mayor opened a new bridge today\n";
  const Outcome outcome = run_program("chat --max-new-tokens 4" + model(), input);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("no longer fit and are forgotten"));
}

}  // namespace evergreen
