#include "evergreen/study/runner.hpp"

#include <chrono>
#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/hash.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::study {
namespace {

// A graph of small sums: "add" steps over others. What a step gives depends on all it stands on.
Steps small_graph(int changed_value = 3) {
  Steps steps;
  const auto add = [&](const std::string& name, int value, const std::vector<size_t>& inputs) {
    Step step;
    step.label = name;
    step.settings["value"] = std::to_string(value);
    for (const size_t input : inputs) step.inputs["in" + std::to_string(input)] = input;
    step.key = step_key(step, steps, {});
    steps.push_back(step);
    return steps.size() - 1;
  };
  const size_t a = add("a", 1, {}), b = add("b", 2, {}), c = add("c", changed_value, {a});
  const size_t d = add("d", 4, {a, b});
  add("e", 5, {c, d}), add("f", 6, {d}), add("g", 7, {b});
  return steps;
}

// Counts to its value in a file, slowly, going on where it was: what a kill leaves is continued.
StepOutcome count_up(const StepWork& work) {
  int64_t count = fs::exists(work.out / "count") ? std::stoll(read_text(work.out / "count")) : 0;
  while (count < work.whole("value")) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    replace_file(work.out / "count", std::to_string(++count));
  }
  int64_t sum = count;
  for (const auto& [role, directory] : work.inputs)
    sum = 31 * sum +
          parse_json(read_text(directory / "result.json"), "result").at("result").at("sum").get<int64_t>();
  return {.json = to_text({{"sum", sum}}), .tokens = 10};
}

std::map<std::string, int64_t> sums(const Steps& steps, const fs::path& directory) {
  std::map<std::string, int64_t> all;
  for (const Step& step : steps) {
    const auto text = read_result(directory, step);
    all[step.label] = text ? parse_json(*text, "result").at("result").at("sum").get<int64_t>() : -1;
  }
  return all;
}

RunnerOptions options_for(const fs::path& directory) {
  RunnerOptions options;
  options.directory = directory;
  options.poll_seconds = 0.01;
  return options;
}

pid_t run_in_child(const Steps& steps, const fs::path& directory) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  run_steps(steps, count_up, options_for(directory));
  ::_exit(0);
}

}  // namespace

TEST(Runner, EveryStepIsDoneOnceAndNotAgain) {
  const test::TempDir dir;
  const Steps steps = small_graph();
  EXPECT_EQ(run_steps(steps, count_up, options_for(dir.path())).done_here, 7U);
  const auto again = run_steps(
      steps, [](const StepWork&) -> StepOutcome { throw std::logic_error("done twice"); },
      options_for(dir.path()));
  EXPECT_EQ(again.done_before, 7U);
}

TEST(Runner, AChangedSettingRedoesOnlyWhatDependsOnIt) {
  const test::TempDir dir;
  run_steps(small_graph(), count_up, options_for(dir.path()));
  std::vector<std::string> done;
  const auto report = run_steps(
      small_graph(8),
      [&](const StepWork& work) {
        done.push_back(work.step.label);
        return count_up(work);
      },
      options_for(dir.path()));
  EXPECT_EQ(done, (std::vector<std::string>{"c", "e"}));
  EXPECT_EQ(report.done_before, 5U);
  EXPECT_EQ(run_steps(small_graph(), count_up, options_for(dir.path())).done_before, 7U) << "and back again";
}

TEST(Runner, KilledAtRandomMomentsItComesToTheSameResults) {
  const test::TempDir dir;
  const Steps steps = small_graph();
  run_steps(steps, count_up, options_for(dir / "whole"));
  RandomStream stream(11, "kills");
  int kills = 0;
  for (bool finished = false; !finished;) {
    const pid_t child = run_in_child(steps, dir / "killed");
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + stream.below(30)));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    finished = WIFEXITED(status);
    kills += finished ? 0 : 1;
    ASSERT_LT(kills, 500) << "it makes no progress";
  }
  EXPECT_GT(kills, 2);
  EXPECT_EQ(sums(steps, dir / "killed"), sums(steps, dir / "whole"));
}

TEST(Runner, SeveralProcessesShareTheStepsOfOneDirectory) {
  const test::TempDir dir;
  const Steps steps = small_graph();
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) children.push_back(run_in_child(steps, dir.path()));
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  const test::TempDir alone;
  run_steps(steps, count_up, options_for(alone.path()));
  EXPECT_EQ(sums(steps, dir.path()), sums(steps, alone.path()));
}

TEST(Runner, AnErrorNamesTheStepAndLeavesTheOthers) {
  const test::TempDir dir;
  const Steps steps = small_graph();
  test::expect_error(ErrorKind::input, "too much (c)", [&] {
    run_steps(
        steps,
        [](const StepWork& work) {
          if (work.step.label == "c") throw Error(ErrorKind::input, "too much");
          return count_up(work);
        },
        options_for(dir.path()));
  });
  EXPECT_TRUE(read_result(dir.path(), steps[0]));
  EXPECT_FALSE(read_result(dir.path(), steps[2]));
}

}  // namespace evergreen::study
