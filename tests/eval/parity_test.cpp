// Log-likelihoods and texts of the shipped model beside those of lm-evaluation-harness with transformers in float32.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/eval/engine_model.hpp"
#include "tests/eval/golden_runs.hpp"

namespace evergreen {
namespace {

constexpr int64_t kGeneratedTokens = 24;  // GENERATED_TOKENS of tools/make_eval_goldens.py

// 1e-5 of the value or 1e-4, whichever is larger.
bool close(double value, double golden) {
  return std::abs(value - golden) <= std::max(1e-4, 1e-5 * std::abs(golden));
}

TEST(Parity, EveryAnswerIsThatOfTheHarnessWithTransformers) {
  EngineModel model(
      load_text_model(fs::path(EVERGREEN_TEST_DATA).parent_path() / "models/world-llama-instruct"));
  const Json runs = read_json(test::golden_path("eval/results.json"));
  int64_t likelihoods = 0, texts = 0;
  for (const auto& [name, lines] : test::golden_lines_by_run("eval/likelihoods.jsonl")) {
    TaskOptions options = test::golden_options(runs[name]);
    options.max_new_tokens = kGeneratedTokens;
    std::map<std::string, const Task*> by_name;
    const Tasks tasks = make_tasks(runs[name]["tasks"].get<std::vector<std::string>>(), options);
    for (const auto& task : tasks) by_name[task->info().name] = task.get();
    for (const Json& line : lines) {
      const std::string where =
          fmt::format("{}, {}, document {}", name, line["task"].dump(), line["doc_id"].dump());
      ASSERT_TRUE(by_name.contains(line["task"].get<std::string>())) << where;
      const std::vector<Request> requests =
          by_name[line["task"].get<std::string>()]->requests(line["doc_id"].get<size_t>());
      ASSERT_EQ(requests.size(), line["answers"].size()) << where;
      for (size_t i = 0; i < requests.size(); ++i) {
        const Json& golden = line["answers"][i];
        if (const auto* l = std::get_if<LikelihoodRequest>(&requests[i])) {
          const Answer answer = model.likelihood(std::span(l, 1), {}).front();
          EXPECT_TRUE(close(answer.log_likelihood, golden[0].get<double>()))
              << where << ", choice " << i << ": " << answer.log_likelihood << ", not " << golden[0];
          EXPECT_EQ(answer.is_greedy, golden[1].get<bool>()) << where;
          ++likelihoods;
        } else if (const auto* r = std::get_if<RollingRequest>(&requests[i])) {
          const Answer answer = model.rolling(std::span(r, 1), {}).front();
          EXPECT_TRUE(close(answer.log_likelihood, golden.get<double>()))
              << where << ": " << answer.log_likelihood << ", not " << golden;
          ++likelihoods;
        } else {
          const Answer answer =
              model.generate_until(std::span(&std::get<GenerateUntilRequest>(requests[i]), 1), {}).front();
          EXPECT_EQ(answer.text, golden.get<std::string>()) << where;
          ++texts;
        }
      }
    }
  }
  EXPECT_GT(likelihoods, 200);
  EXPECT_GT(texts, 10);
}

}  // namespace
}  // namespace evergreen
