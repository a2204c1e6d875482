#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/ranks.hpp"
#include "evergreen/base/companion_library.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/demo/demo_report.hpp"

namespace evergreen::cli {
namespace {

// The sources' own folder, where the program is run from there; else that of an installed evergreen.
fs::path models_folder(const fs::path& given) {
  const fs::path installed = program_prefix() / "share" / "evergreen" / "models";
  return given == DemoArgs().models && !fs::exists(given) && fs::exists(installed) ? installed : given;
}

PairDirectories find_pair(const DemoArgs& args, const PairRecipe& recipe, Console& console) {
  if (args.from_scratch) {
    console.note("training the pair from nothing: about half an hour on two cores");
    return make_pair(recipe, args.work / "models", args.work / "pair", &console.stop, console.progress());
  }
  const PairDirectories pair = pair_directories(models_folder(args.models), recipe);
  for (const fs::path& directory : {pair.base, pair.instruct}) {
    if (fs::exists(directory / "config.json")) continue;
    throw Error(ErrorKind::input, "the shipped pair is not here", directory.string(),
                "run the demo from evergreen's own folder (./dev demo), name the pair's folder with "
                "--models, or use --from-scratch");
  }
  return pair;
}

}  // namespace

void run_demo(const DemoArgs& args, Console& console) {
  require_one_process("demo");
  use_threads(args.threads);
  const PairRecipe recipe = pair_recipe(args.pair);
  const PairDirectories pair = find_pair(args, recipe, console);
  std::vector<FutureResult> futures;
  for (int i = 0; i < args.seeds; ++i) {
    FutureOptions future;
    future.recipe = recipe;
    future.pair = pair;
    future.seed = args.first_seed + static_cast<uint64_t>(i);
    future.tokens = args.tokens;
    future.replay = args.replay;
    future.threads = args.threads;
    future.tasks = args.tasks;
    future.task_options.data = args.data;
    future.task_options.shots = args.shots;
    future.task_options.chat = args.chat;
    future.task_limit = args.limit;
    future.work = args.work / fmt::format("{}-{}-tokens-{:.0f}-replay-future-{}", recipe.name, args.tokens,
                                          100 * args.replay, future.seed);
    console.note(fmt::format("future {}: new facts, {} tokens of news; the work is kept in {}", future.seed,
                             args.tokens, future.work.string()));
    futures.push_back(run_future(future, &console.stop, console.progress()));
  }
  console.result(demo_text(futures), demo_json(futures));
}

}  // namespace evergreen::cli
