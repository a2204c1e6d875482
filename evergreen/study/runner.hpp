// Does the steps of a study, in a directory that several processes may share.
//
//   DIRECTORY/results/KEY/     a finished step: result.json and what else the body left; appears by one rename
//   DIRECTORY/work/KEY/        an unfinished one: what its body needs to go on after a kill
//   DIRECTORY/locks/KEY        who works on it (step_lock.hpp)
//
// Each process takes the first step that is neither finished nor taken and whose inputs are finished; when all others are taken it waits. A killed process's
// step is taken by the next one, which goes on in the same work directory. Results of a plan that has changed since stay, and are
// used again when it changes back.
//
//   result.json   {"kind", "label", "cost": {tokens, flops, seconds, core_seconds, disk_bytes}, "result": what the body returned}
//
// Errors    what a body throws, with the step's label; Error{interrupted} after a requested stop.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/study/step.hpp"
#include "evergreen/study/step_lock.hpp"

namespace evergreen::study {

// What a body is given, and where it leaves its files.
struct StepWork {
  const Step& step;
  fs::path out;                            // may hold what an earlier attempt left
  std::map<std::string, fs::path> inputs;  // role -> directory of a finished step, or step.paths
  int threads = 0;
  const StopFlag* stop = nullptr;
  ProgressFn progress;

  const std::string& setting(const std::string& name) const { return step.settings.at(name); }
  double number(const char* name) const;
  int64_t whole(const std::string& name) const;
  // A model's directory, whether it came from outside or from a step.
  fs::path model(const char* role) const;
};

struct StepOutcome {
  std::string json = "{}";  // an object
  double tokens = 0, flops = 0;
  double seconds = 0;  // 0: as measured around the body; else what it knows better, of all attempts
};
using StepBody = std::function<StepOutcome(const StepWork&)>;

struct RunnerOptions {
  fs::path directory;
  int threads = 1;  // that a step reserves
  LockOptions lock;
  double poll_seconds = 0.5;
  const StopFlag* stop = nullptr;
  ProgressFn progress;
  std::function<void(const std::string&)> note;  // a line for each step that is begun; may be empty
};

struct RunnerReport {
  size_t done_before = 0, done_here = 0, done_by_others = 0;
};
RunnerReport run_steps(const Steps& steps, const StepBody& body, const RunnerOptions& options);

fs::path result_directory(const fs::path& study, const Step& step);
// The text of result.json; null where the step is not finished.
std::optional<std::string> read_result(const fs::path& study, const Step& step);

}  // namespace evergreen::study
