#include "evergreen/study/runner.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"

namespace evergreen::study {
namespace {

constexpr const char* kResultFile = "result.json";

double bytes_below(const fs::path& directory) {
  double bytes = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) bytes += static_cast<double>(entry.file_size());
  }
  return bytes;
}

class Runner {
 public:
  Runner(const Steps& steps, const StepBody& body, const RunnerOptions& options)
      : steps_(steps), body_(body), options_(options), finished_(steps.size(), false) {
    for (const char* part : {"results", "work", "locks"}) fs::create_directories(options.directory / part);
  }

  RunnerReport run() {
    for (size_t i = 0; i < steps_.size(); ++i) finished_[i] = is_finished(i);
    report_.done_before = count_finished();
    while (count_finished() < steps_.size()) {
      throw_if_stopped(options_.stop, "the study");
      if (!do_one()) std::this_thread::sleep_for(std::chrono::duration<double>(options_.poll_seconds));
    }
    return report_;
  }

 private:
  fs::path work_of(size_t index) const { return options_.directory / "work" / steps_[index].key; }
  bool is_finished(size_t index) const {
    return fs::exists(result_directory(options_.directory, steps_[index]) / kResultFile);
  }
  size_t count_finished() const {
    return static_cast<size_t>(std::count(finished_.begin(), finished_.end(), true));
  }
  bool is_ready(size_t index) const {
    for (const auto& [role, input] : steps_[index].inputs) {
      if (!finished_[input]) return false;
    }
    return true;
  }

  // False if there was nothing to do now.
  bool do_one() {
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (finished_[i] || !is_ready(i)) continue;
      if (note_if_finished(i)) return true;
      const auto lock = StepLock::take(options_.directory / "locks" / steps_[i].key, options_.lock);
      if (!lock) continue;
      if (note_if_finished(i)) return true;  // by him who held the lock before
      perform(i);
      finished_[i] = true;
      ++report_.done_here;
      return true;
    }
    return false;
  }

  bool note_if_finished(size_t index) {
    if (!is_finished(index)) return false;
    finished_[index] = true;
    ++report_.done_by_others;
    return true;
  }

  StepWork work_for(size_t index) const {
    const Step& step = steps_[index];
    StepWork work{step, work_of(index), step.paths, options_.threads, options_.stop, options_.progress};
    for (const auto& [role, input] : step.inputs)
      work.inputs[role] = result_directory(options_.directory, steps_[input]);
    return work;
  }

  void perform(size_t index) {
    const Step& step = steps_[index];
    if (options_.note)
      options_.note(fmt::format("{}/{}  {}: {}", count_finished() + 1, steps_.size(),
                                step_kind_name(step.kind), step.label));
    const StepWork work = work_for(index);
    fs::create_directories(work.out);
    const auto start = std::chrono::steady_clock::now();
    StepOutcome outcome;
    try {
      outcome = body_(work);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::interrupted) throw;
      throw Error(error.kind(), fmt::format("{} ({})", error.problem(), step.label), error.where(),
                  error.next());
    }
    if (outcome.seconds == 0)
      outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    publish(step, work.out, outcome);
  }

  void publish(const Step& step, const fs::path& work, const StepOutcome& outcome) const {
    OrderedJson json;
    json["kind"] = step_kind_name(step.kind);
    json["label"] = step.label;
    json["cost"] = {{"tokens", outcome.tokens},
                    {"flops", outcome.flops},
                    {"seconds", outcome.seconds},
                    {"core_seconds", outcome.seconds * options_.threads},
                    {"disk_bytes", bytes_below(work)}};
    json["result"] = OrderedJson::parse(outcome.json);
    replace_file(work / kResultFile, to_text(json));
    try {
      publish_directory(work, result_directory(options_.directory, step));
    } catch (const Error&) {
      // Somebody who took the lock over was faster: the result is there, and the same.
      if (!fs::exists(result_directory(options_.directory, step) / kResultFile)) throw;
      fs::remove_all(work);
    }
  }

  const Steps& steps_;
  const StepBody& body_;
  const RunnerOptions& options_;
  std::vector<bool> finished_;
  RunnerReport report_;
};

}  // namespace

double StepWork::number(const char* name) const { return std::stod(setting(name)); }
int64_t StepWork::whole(const std::string& name) const { return std::stoll(setting(name)); }
fs::path StepWork::model(const char* role) const {
  const fs::path& directory = inputs.at(role);
  return step.paths.contains(role) ? directory : directory / "model";
}

RunnerReport run_steps(const Steps& steps, const StepBody& body, const RunnerOptions& options) {
  return Runner(steps, body, options).run();
}

fs::path result_directory(const fs::path& study, const Step& step) { return study / "results" / step.key; }

std::optional<std::string> read_result(const fs::path& study, const Step& step) {
  const fs::path file = result_directory(study, step) / kResultFile;
  if (!fs::exists(file)) return std::nullopt;
  return read_text(file);
}

}  // namespace evergreen::study
