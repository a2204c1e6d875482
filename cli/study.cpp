#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/engine_library.hpp"
#include "cli/validators.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/study/forecast.hpp"
#include "evergreen/study/study_report.hpp"

namespace evergreen::cli {
namespace {

void add_common_options(CLI::App& command, StudyArgs& args) {
  command.add_option("plan", args.plan, "the study's TOML file")->required()->type_name("PLAN");
  command.add_option("--out", args.out,
                     "the study's directory, shared by all who work on it; build/study/NAME unless given");
  command.add_option("--set", args.set, "change one value of the plan: cpt.learning-rate=2e-5; several")
      ->type_name("KEY=VALUE")
      ->default_str("");
}

// Where the study lies.
fs::path settle_directory(StudyArgs& args, const study::StudyPlan& plan) {
  if (args.out.empty()) args.out = fs::path("build") / "study" / plan.name;
  return args.out;
}

void write_report(const study::Study& study, const fs::path& directory, Console& console) {
  const study::StudyReport report = study::make_report(study, directory);
  study::write_report(report, directory / "report");
  console.result(report.summary + "\nreport: " + (directory / "report" / "index.html").string() + "\n",
                 report.json);
}

void add_run_command(CLI::App& group, Console& console) {
  auto args = std::make_shared<StudyArgs>();
  CLI::App* command = add_command(
      group, console, "run", "Do what is left of a study, then write its report; several may run at once",
      "evergreen study run recipes/demo.toml");
  add_common_options(*command, *args);
  command->add_flag("--dry-run", args->dry_run, "only foretell arms, tokens, FLOPs, disk and time");
  command
      ->add_option("--stale-seconds", args->stale_seconds,
                   "a step of another machine that gave no sign of life for so long is taken over")
      ->check(positive());
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  command->callback([args, &console] {
    console.command = "study run";
    const study::StudyPlan plan = study::read_plan(args->plan, args->set);
    settle_directory(*args, plan);
    if (args->dry_run) {
      const study::StudyForecast forecast = study::forecast(study::expand(plan), args->out);
      console.result(forecast.text, forecast.json);
      return;
    }
    engine().study(*args, console);
    write_report(study::expand(plan), args->out, console);
  });
}

void add_report_command(CLI::App& group, Console& console) {
  auto args = std::make_shared<StudyArgs>();
  CLI::App* command =
      add_command(group, console, "report", "Write the report of what is finished of a study so far",
                  "evergreen study report recipes/demo.toml");
  add_common_options(*command, *args);
  command->callback([args, &console] {
    console.command = "study report";
    const study::StudyPlan plan = study::read_plan(args->plan, args->set);
    const fs::path directory = settle_directory(*args, plan);
    if (!fs::is_directory(directory)) {
      throw Error(ErrorKind::input, "there is no study of this plan yet", directory.string(),
                  fmt::format("evergreen study run {}, or name the study's directory with --out",
                              args->plan.string()));
    }
    write_report(study::expand(plan), directory, console);
  });
}

}  // namespace

void add_study_commands(CLI::App& root, Console& console) {
  CLI::App* group =
      noun(root, "study", "The paper's experiment: arms x corpus sizes x families, and its report");
  add_run_command(*group, console);
  add_report_command(*group, console);
}

}  // namespace evergreen::cli
