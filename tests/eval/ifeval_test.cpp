#include <cmath>
#include <fstream>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/tasks.hpp"
#include "tests/eval/toy_model.hpp"
#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

constexpr const char* kPrompts =
    R"({"key": 1, "prompt": "One.", "instruction_id_list": ["punctuation:no_comma", "startend:quotation"], "kwargs": [{}, {}]}
{"key": 2, "prompt": "Two.", "instruction_id_list": ["detectable_format:title"], "kwargs": [{"num_words": null}]}
{"key": 3, "prompt": "Three.", "instruction_id_list": ["length_constraints:number_sentences"], "kwargs": [{"num_sentences": 2, "relation": "less than"}]}
)";

class IfevalTaskTest : public testing::Test {
 protected:
  IfevalTaskTest() {
    std::ofstream(dir_ / "input_data.jsonl") << kPrompts;
    model_.say = [](const std::string& prompt, const GenerateUntilRequest& r) -> std::string {
      EXPECT_TRUE(r.until.empty());
      EXPECT_EQ(r.max_new_tokens, 1280);
      if (prompt.ends_with("One.")) return "Sure, here:\n\"yes\"";  // loosely both
      if (prompt.ends_with("Two.")) return "<<A title>>";
      return "It was the approx. Result.";
    };
  }
  Evaluation run(const TaskOptions& options = {}) {
    return evaluate(model_, make_tasks({"ifeval:" + (dir_ / "input_data.jsonl").string()}, options));
  }
  static double value(const Evaluation& e, const std::string& metric) {
    return find_metric(e, "ifeval:input_data", metric).estimate.value;
  }

  test::TempDir dir_;
  test::ToyModel model_;
};

TEST_F(IfevalTaskTest, GivesTheFourAccuraciesOfTheHarness) {
  const Evaluation e = run();
  EXPECT_DOUBLE_EQ(value(e, "prompt_level_strict_acc"), 1.0 / 3);  // the last answer has two sentences
  EXPECT_DOUBLE_EQ(value(e, "inst_level_strict_acc"), 1.0 / 4);
  EXPECT_DOUBLE_EQ(value(e, "prompt_level_loose_acc"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value(e, "inst_level_loose_acc"), 3.0 / 4);
  // Of a mean over prompts, as lm-evaluation-harness gives it: the sample's deviation over the root of their number.
  EXPECT_NEAR(find_metric(e, "ifeval:input_data", "prompt_level_strict_acc").estimate.standard_error,
              std::sqrt((1.0 / 3) * (2.0 / 3) * 3 / 2 / 3), 1e-12);
  EXPECT_NE(results_json(e).find("\"ifeval:input_data\": 4"), std::string::npos);  // the version
}

TEST_F(IfevalTaskTest, AsksThePromptAloneOrAsAConversation) {
  const auto text = make_task("ifeval:" + (dir_ / "input_data.jsonl").string());
  EXPECT_EQ(std::get<GenerateUntilRequest>(text->requests(0)[0]).prompt.text, "One.");
  const auto chat =
      make_task("ifeval:" + (dir_ / "input_data.jsonl").string(), {.chat = true, .max_new_tokens = 7});
  const auto request = std::get<GenerateUntilRequest>(chat->requests(0)[0]);
  ASSERT_EQ(request.prompt.messages.size(), 1U);
  EXPECT_EQ(request.prompt.messages[0].content, "One.");
  EXPECT_EQ(request.max_new_tokens, 7);
}

TEST_F(IfevalTaskTest, TakesTheSentenceParametersBesideTheFile) {
  fs::create_directories(dir_ / "punkt_tab");
  fs::copy(test::golden_path("ifeval/punkt_tab"), dir_ / "punkt_tab" / "english");
  const Evaluation e = run();
  EXPECT_DOUBLE_EQ(value(e, "prompt_level_strict_acc"), 2.0 / 3);  // these know "approx."
  EXPECT_NE(e.tasks[0].task.config.find("punkt_tab"), std::string::npos);
}

TEST_F(IfevalTaskTest, NamesTheLineOfAPromptThatIsWrong) {
  std::ofstream(dir_ / "input_data.jsonl", std::ios::app)
      << R"({"key": 4, "prompt": "x", "instruction_id_list": ["startend:quotations"], "kwargs": [{}]})"
      << "\n";
  test::expect_error(ErrorKind::input, "input_data.jsonl, line 4", [&] { run(); });
  test::expect_error(ErrorKind::input, "did you mean 'startend:quotation'?", [&] { run(); });
}

}  // namespace
}  // namespace evergreen
