// The study's commands that need no LibTorch, as a user runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/cli/program.hpp"

namespace evergreen {
using test::run_program;
using test::TempDir;
using testing::HasSubstr;

namespace {

std::string recipe(const std::string& name) {
  return fs::path(EVERGREEN_TEST_DATA).parent_path() / "recipes" / name;
}

}  // namespace

TEST(StudyCommand, ADryRunForetellsAndWritesNothing) {
  const TempDir dir;
  const auto text =
      run_program("study run " + recipe("demo.toml") + " --dry-run --out " + (dir / "out").string());
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("(base + CPT) + 0.25 R"));
  EXPECT_THAT(text.out, HasSubstr("trained tokens"));
  EXPECT_FALSE(fs::exists(dir / "out"));
  const auto json =
      run_program("study run " + recipe("demo.toml") + " --dry-run --json --out " + (dir / "out").string());
  const Json forecast = parse_json(json.out, "stdout");
  EXPECT_GT(forecast.at("flops").get<double>(), 1e12);
  EXPECT_LT(forecast.at("seconds").get<double>(), 45 * 60) << "the demo is meant to end within 45 minutes";
  EXPECT_EQ(forecast.at("finished"), 0);
}

TEST(StudyCommand, AReportOfNothingSaysSo) {
  const TempDir dir;
  const std::string report = "study report " + recipe("tiny.toml") + " --out " + (dir / "out").string();
  const auto nowhere = run_program(report);
  EXPECT_EQ(nowhere.exit_code, 3);
  EXPECT_THAT(nowhere.err, HasSubstr("there is no study of this plan yet"));
  EXPECT_FALSE(fs::exists(dir / "out"));
  fs::create_directories(dir / "out" / "results");
  const auto outcome = run_program(report);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("0 of 81 steps finished"));
  EXPECT_THAT(read_text(dir / "out" / "report" / "report.md"),
              HasSubstr("the arms it needs are not finished"));
}

TEST(StudyCommand, APlanThatIsWrongIsAnErrorOfTheInput) {
  const TempDir dir;
  const auto outcome =
      run_program("study run " + recipe("demo.toml") + " --dry-run --set cpt.learning-rat=1");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'learning-rate'?"));
  const auto missing = run_program("study run " + recipe("paper/llama-3.toml") + " --dry-run");
  EXPECT_EQ(missing.exit_code, 3) << "the weights are not here";
  EXPECT_THAT(missing.err, HasSubstr("Meta-Llama-3-8B"));
}

}  // namespace evergreen
