#include "evergreen/pipeline/update.hpp"

#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/ranks.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/residual/token_rows.hpp"

namespace evergreen::cli {
namespace {

std::string forecast_text(const UpdateForecast& f, int ranks) {
  return fmt::format(
      "parameters   {}\ncorpus       {}, about {} tokens\nsteps        {}\ndisk         {} needed, {} "
      "free\nmemory       about {} {}needed, {} free\n"
      "time         about {} of training on this machine\n",
      human_count(static_cast<double>(f.parameters)), human_bytes(static_cast<double>(f.corpus_bytes)),
      human_count(static_cast<double>(f.tokens)), f.steps, human_bytes(static_cast<double>(f.disk_bytes)),
      human_bytes(static_cast<double>(f.disk_free_bytes)), human_bytes(static_cast<double>(f.memory_bytes)),
      ranks > 1 ? "for each process " : "", human_bytes(static_cast<double>(f.memory_free_bytes)),
      human_seconds(f.seconds));
}

std::string forecast_json(const UpdateForecast& f) {
  return to_text({{"parameters", f.parameters},
                  {"corpus_bytes", f.corpus_bytes},
                  {"tokens", f.tokens},
                  {"steps", f.steps},
                  {"disk_bytes", f.disk_bytes},
                  {"disk_free_bytes", f.disk_free_bytes},
                  {"memory_bytes", f.memory_bytes},
                  {"memory_free_bytes", f.memory_free_bytes},
                  {"seconds", f.seconds}});
}

void set_scale(const UpdateArgs& args, UpdateOptions& options) {
  if (args.scale != "auto") {
    if (!args.scale_prompts.empty() || !args.scale_grid.empty())
      throw Error(ErrorKind::usage, "--scale-prompts and --scale-grid are for a search of the scale", {},
                  "add --scale auto, or leave them out");
    options.scale = std::stod(args.scale);
    return;
  }
  options.scale_search.emplace();
  if (!args.scale_grid.empty()) options.scale_search->grid = args.scale_grid;
  for (const std::string& prompts : args.scale_prompts)
    options.scale_search->tasks.push_back(
        fs::is_regular_file(prompts) && fs::path(prompts).extension() != ".toml" ? "instructions:" + prompts
                                                                                 : prompts);
}

UpdateOptions settled_options(const UpdateArgs& args) {
  UpdateOptions options = args.options;
  if (!args.dtype.empty()) {
    options.dtype = dtype_from_option(args.dtype);
    if (!options.dtype || !has_arithmetic(*options.dtype)) {
      throw Error(ErrorKind::usage, fmt::format("'{}' is not a dtype to save a model in", args.dtype), {},
                  "bf16, f16, f32 or f64");
    }
  }
  set_scale(args, options);
  if (!args.prompts.empty()) options.prompts = args.prompts;
  options.layer_maps = !args.no_layer_maps;
  options.added_tokens = added_tokens_from_name(args.added_tokens);
  return options;
}

void require_disk(const UpdateForecast& foretold, const UpdateOptions& options) {
  if (foretold.disk_bytes <= foretold.disk_free_bytes || fs::exists(options.out.string() + ".work")) return;
  throw Error(ErrorKind::resource,
              fmt::format("the update needs {} of disk, {} are free",
                          human_bytes(static_cast<double>(foretold.disk_bytes)),
                          human_bytes(static_cast<double>(foretold.disk_free_bytes))),
              options.out.string(), "free space, or write to another disk");
}

// Work that was begun may have no training left, and most of its settings are fixed.
void require_memory(const UpdateForecast& foretold, const UpdateOptions& options, const RunPlace& place) {
  if (fs::exists(options.out.string() + ".work")) return;
  require_training_memory(foretold.config, foretold.train, place);
}

void update_as_rank(const UpdateArgs& args, ProcessGroups* groups, Console& console) {
  UpdateOptions options = settled_options(args);
  UpdateRanks ranks{groups, device_of(args.device, groups)};
  settle_speed(options.train, ranks.device, console);
  if (groups == nullptr || groups->rank() == 0) {
    const RunPlace place = run_place(ranks.device, groups);
    const UpdateForecast foretold = forecast(options, place);
    for (const std::string& note : foretold.notes) console.note(note);
    if (args.dry_run) {
      console.result(forecast_text(foretold, place.ranks), forecast_json(foretold));
    } else {
      require_disk(foretold, options);
      require_memory(foretold, options, place);
    }
  }
  if (args.dry_run) return;
  const UpdateReport report = update(options, &console.stop, console.progress(), ranks);
  if (groups != nullptr && groups->rank() != 0) return;
  console.result(fmt::format("{}\nThe report: {}\n", report.summary, (options.out / "report.html").string()),
                 report.json);
  for (const std::string& missed : report.missed) console.missed(missed);
}

}  // namespace

void run_update(const UpdateArgs& args, Console& console) {
  const std::unique_ptr<ProcessGroups> groups = join_run(args.options.train.parallel, console);
  work_as_rank(groups.get(), [&](ProcessGroups* run) {
    use_threads(threads_of(args.options.threads, run));
    update_as_rank(args, run, console);
  });
}

}  // namespace evergreen::cli
