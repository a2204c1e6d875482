#include "evergreen/study/plan.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::study {
namespace {

constexpr const char* kPlan = R"(name = "one"
sizes = [1000, 100]
seeds = [1, 2]

[world]

[[family]]
name = "f"

[[family.version]]
name = "v1"
base = "models/base"
instruct = "models/instruct"

[cpt]
rows = 2
row-tokens = 50
learning-rate = 1e-3
)";

StudyPlan read(const test::TempDir& dir, const std::string& text,
               const std::vector<std::string>& changes = {}) {
  replace_file(dir / "plan.toml", text);
  return read_plan(dir / "plan.toml", changes);
}

void expect_refused(const std::string& text, const std::string& words) {
  const test::TempDir dir;
  test::expect_error(ErrorKind::input, words, [&] { read(dir, text); });
}

}  // namespace

TEST(Plan, WhatIsNotGivenHasItsDefault) {
  const test::TempDir dir;
  const StudyPlan plan = read(dir, kPlan);
  EXPECT_EQ(plan.sizes, (std::vector<int64_t>{100, 1000})) << "ascending";
  EXPECT_EQ(plan.other_seeds, std::vector<uint64_t>{1}) << "the first seed";
  EXPECT_EQ(plan.families.at(0).versions.at(0).base, dir / "models" / "base") << "beside the plan";
  EXPECT_EQ(plan.scores.instruction, "format_followed,acc,strict");
  EXPECT_EQ(plan.scales, std::vector<double>{1});
}

TEST(Plan, AnUnknownKeyIsNamedWithItsLineAndTheNearest) {
  expect_refused(std::string(kPlan) + "learning-rat = 1\n", "a plan has no key 'cpt.learning-rat'");
  expect_refused(std::string(kPlan) + "learning-rat = 1\n", "plan.toml, line 19");
  expect_refused(std::string(kPlan) + "learning-rat = 1\n", "did you mean 'learning-rate'?");
  expect_refused("size = [1]\n" + std::string(kPlan), "did you mean 'sizes'?");
}

TEST(Plan, AValueOfAnotherKindIsRefusedWithItsKeyAndLine) {
  expect_refused(std::string(kPlan) + "warmup-steps = -1\n",
                 "'cpt.warmup-steps' must be a whole number of 0 or more");
  expect_refused(std::string(kPlan) + "schedule = 3\n", "'cpt.schedule' must be a text in quotes");
  expect_refused(std::string(kPlan) + "[arms]\nscales = [1, \"x\"]\n", "'arms.scales' must be a list");
  expect_refused(std::string(kPlan) + "[arms]\nscales = 1\n",
                 "'arms.scales' must be a list in square brackets");
  expect_refused(std::string(kPlan) + "schedule = \"cosin\"\n", "did you mean 'cosine'?");
  expect_refused("sizes = [", "this is not valid TOML");
}

TEST(Plan, AMissingFileIsToldWithWherePlansAre) {
  test::expect_error(ErrorKind::input, "recipes/ has examples", [] { read_plan("nothing.toml"); });
}

TEST(Plan, WhatContradictsItselfIsRefused) {
  expect_refused(std::string(kPlan) + "[corpus]\ninputs = [\"a\"]\n", "either [world] or [corpus]");
  expect_refused(std::string(kPlan) + "[arms]\nsft-steps = [1]\n", "needs a table [sft]");
  expect_refused(
      std::string(kPlan) +
          "[[family]]\nname = \"f\"\n[[family.version]]\nname = \"a\"\nbase = \"b\"\ninstruct = \"i\"\n",
      "two families are named 'f'");
  expect_refused(
      std::string(kPlan) + "[[family]]\nname = \"g\"\n[[family.version]]\nname = \"a\"\nfrom = \"b\"\n",
      "made from 'b', which is not named before it");
  expect_refused(
      std::string(kPlan) + "[[family]]\nname = \"g\"\n[[family.version]]\nname = \"a\"\nbase = \"b\"\n",
      "needs base and instruct, or `from`");
}

TEST(Plan, TasksMayBeAskedInSeveralWays) {
  const test::TempDir dir;
  const StudyPlan plan =
      read(dir, "tasks = [\"ifeval:data/prompts.jsonl\"]\n" + std::string(kPlan) +
                    "[[evaluation]]\ntasks = [\"mmlu\", \"own/one.toml\"]\ndata = \"data\"\nshots = 5\n"
                    "chat = false\n");
  ASSERT_EQ(plan.evaluations.size(), 2U);
  EXPECT_EQ(plan.evaluations[0].tasks,
            std::vector<std::string>{"ifeval:" + (dir / "data" / "prompts.jsonl").string()});
  EXPECT_TRUE(plan.evaluations[0].chat);
  EXPECT_FALSE(plan.evaluations[0].shots);
  EXPECT_EQ(plan.evaluations[1].tasks,
            (std::vector<std::string>{"mmlu", (dir / "own" / "one.toml").string()}));
  EXPECT_EQ(plan.evaluations[1].data, (dir / "data").string());
  EXPECT_EQ(plan.evaluations[1].shots, 5);
  EXPECT_FALSE(plan.evaluations[1].chat);
  expect_refused(std::string(kPlan) + "[[evaluation]]\ndata = \"d\"\n", "'evaluation.tasks' is missing");
  expect_refused(std::string(kPlan) + "[[evaluation]]\ntasks = [\"mmlu\"]\nshot = 5\n",
                 "did you mean 'shots'?");
}

TEST(Plan, AValueCanBeChangedFromOutside) {
  const test::TempDir dir;
  const StudyPlan plan = read(dir, kPlan, {"cpt.learning-rate=2e-5", "seeds=[7]", "arms.lora-rank=4"});
  EXPECT_EQ(plan.cpt.learning_rate, 2e-5);
  EXPECT_EQ(plan.cpt.rows, 2) << "its neighbours stay";
  EXPECT_EQ(plan.seeds, std::vector<uint64_t>{7});
  EXPECT_EQ(plan.lora_rank, 4);
  test::expect_error(ErrorKind::input,
                     "--set cpt.learning-rate=", [&] { read(dir, kPlan, {"cpt.learning-rate="}); });
  test::expect_error(ErrorKind::input, "where  --set cpt.warmup-steps=-1",
                     [&] { read(dir, kPlan, {"cpt.warmup-steps=-1"}); });
  test::expect_error(ErrorKind::input, "where  --set cpt.lerning-rate=1",
                     [&] { read(dir, kPlan, {"cpt.lerning-rate=1"}); });
}

}  // namespace evergreen::study
