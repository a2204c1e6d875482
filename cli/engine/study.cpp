#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/study/arms.hpp"
#include "evergreen/study_steps/step_bodies.hpp"

namespace evergreen::cli {

void run_study(const StudyArgs& args, Console& console) {
  use_threads(args.threads);
  const study::StudyPlan plan = study::read_plan(args.plan, args.set);
  study::require_learning_rates(plan);
  const study::Study study = study::expand(plan);
  study::RunnerOptions options;
  options.directory = args.out;
  options.threads = thread_count(args.threads);
  options.lock.stale_seconds = args.stale_seconds;
  options.stop = &console.stop;
  options.progress = console.progress();
  options.note = [&](const std::string& line) { console.note(line); };
  const study::RunnerReport report = study::run_steps(study.steps, study::do_step, options);
  console.note(fmt::format("{} steps: {} were finished, {} done here, {} by other processes",
                           study.steps.size(), report.done_before, report.done_here, report.done_by_others));
}

}  // namespace evergreen::cli
