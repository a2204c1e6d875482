#include "evergreen/study/arms.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::study {
namespace {

fs::path recipe(const std::string& name) {
  return fs::path(EVERGREEN_TEST_DATA).parent_path() / "recipes" / name;
}

size_t count(const Study& study, ArmKind kind) {
  return static_cast<size_t>(
      std::count_if(study.arms.begin(), study.arms.end(), [&](const Arm& a) { return a.kind == kind; }));
}

}  // namespace

TEST(Arms, TheDemoHasThreeSeedsForTheMainArmsOfOnePairAndOneForTheRest) {
  const Study study = expand(read_plan(recipe("demo.toml")));
  EXPECT_EQ(count(study, ArmKind::base), 3U + /*sibling*/ 1 + /*Qwen*/ 1);
  EXPECT_EQ(count(study, ArmKind::instruct), 3U + 1 + 1);
  EXPECT_EQ(count(study, ArmKind::instruct_cpt), 3U * 3 + 3 + 3 + /*replay*/ 1 + /*LoRA*/ 1);
  EXPECT_EQ(count(study, ArmKind::updated), 3U * 3 + 3 + 3 + 1 + 1 + /*scales but 1*/ 6);
  EXPECT_EQ(count(study, ArmKind::sft), 3U);
  EXPECT_EQ(count(study, ArmKind::sibling), 2U) << "both ways";
  EXPECT_EQ(count(study, ArmKind::sibling_cpt), 2U);
}

TEST(Arms, StepsComeAfterWhatTheyReadAndAreOnlyThereOnce) {
  const Study study = expand(read_plan(recipe("demo.toml")));
  std::set<std::string> keys;
  for (size_t i = 0; i < study.steps.size(); ++i) {
    EXPECT_TRUE(keys.insert(study.steps[i].key).second) << study.steps[i].label;
    for (const auto& [role, input] : study.steps[i].inputs) EXPECT_LT(input, i) << role;
  }
}

TEST(Arms, ALargerSizeGoesOnWhereTheSmallerOneEndedUnlessTheRateDependsOnTheLength) {
  const auto chained = [](const Study& study) {
    return std::count_if(study.steps.begin(), study.steps.end(),
                         [](const Step& step) { return step.inputs.contains("continues"); });
  };
  EXPECT_GT(chained(expand(read_plan(recipe("demo.toml")))), 0);
  EXPECT_EQ(
      chained(expand(read_plan(recipe("demo.toml"), {"cpt.schedule=\"cosine\"", "sft.schedule=\"cosine\""}))),
      0);
}

TEST(Arms, AChangedSettingChangesTheKeysOfWhatDependsOnItAlone) {
  const auto keys = [](const std::vector<std::string>& changes) {
    std::set<std::string> all;
    for (const Step& step : expand(read_plan(recipe("tiny.toml"), changes)).steps) all.insert(step.key);
    return all;
  };
  const auto kept = [&](const std::vector<std::string>& changes) {
    const auto before = keys({}), after = keys(changes);
    return std::count_if(after.begin(), after.end(),
                         [&](const std::string& key) { return before.contains(key); });
  };
  const auto all = static_cast<long>(keys({}).size());
  EXPECT_EQ(kept({"compute.watts-per-core=3", "name=\"other\""}), all)
      << "figures of the report are in no key";
  EXPECT_EQ(kept({"arms.scales=[0.5, 0.75, 1]"}), all) << "new arms leave the others alone";
  EXPECT_LT(kept({"cpt.learning-rate=1e-4"}), all / 3)
      << "what is prepared, and the models as released, stay";
  EXPECT_GT(kept({"cpt.learning-rate=1e-4"}), 5);
}

TEST(Arms, ALearningRateMustBeChosenToRunAndNotToForetell) {
  StudyPlan plan = read_plan(recipe("tiny.toml"));
  plan.cpt.learning_rate.reset();
  EXPECT_GT(expand(plan).steps.size(), 0U);
  test::expect_error(ErrorKind::input, "--set cpt.learning-rate=", [&] { require_learning_rates(plan); });
}

TEST(Arms, EveryRecipeCanBeRead) {
  for (const char* name :
       {"demo.toml", "demo-full.toml", "tiny.toml", "paper/llama-3.toml", "paper/qwen.toml"})
    EXPECT_NO_THROW(read_plan(recipe(name))) << name;
  const StudyPlan llama = read_plan(recipe("paper/llama-3.toml"));
  EXPECT_EQ(llama.sizes, (std::vector<int64_t>{100'000'000, 500'000'000, 1'000'000'000}));
  EXPECT_FALSE(llama.cpt.learning_rate) << "the paper's summary does not give it";
}

}  // namespace evergreen::study
