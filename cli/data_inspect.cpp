#include <memory>

#include "cli/commands.hpp"
#include "cli/corpus_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/data/inspect_corpus.hpp"
#include "evergreen/data/inspect_prepared.hpp"

namespace evergreen::cli {
namespace {

struct DataInspectArgs {
  CorpusRecipe recipe;
  PreparedInspectOptions prepared;
  int threads = 0;
};

void run(const DataInspectArgs& args, Console& console) {
  console.command = "data inspect";
  const std::string& first = args.recipe.inputs.front();
  if (is_prepared(first)) {
    if (args.recipe.inputs.size() > 1)
      throw Error(ErrorKind::usage, "prepared directories are inspected one at a time", first);
    const PreparedInspection found =
        inspect_prepared(first, args.prepared, &console.stop, console.progress());
    console.result(inspection_text(found), inspection_json(found));
    return;
  }
  if (args.prepared.verify) {
    throw Error(ErrorKind::usage, "--verify is for a prepared directory", first,
                "a raw corpus has no checksums; make a prepared one with evergreen data prepare");
  }
  const CorpusInspection found =
      inspect_corpus(args.recipe, args.prepared.samples, args.threads, &console.stop, console.progress());
  console.result(inspection_text(found), inspection_json(found));
}

}  // namespace

void add_data_inspect(CLI::App& data, Console& console) {
  auto args = std::make_shared<DataInspectArgs>();
  CLI::App* command = add_command(data, console, "inspect",
                                  "What a prepared directory holds, or a quick look at a raw corpus",
                                  "evergreen data inspect news --verify");
  command
      ->add_option("path", args->recipe.inputs,
                   "a prepared directory; or a corpus: files, directories, globs")
      ->required()
      ->type_name("PATH");
  command->add_flag("--verify", args->prepared.verify, "read all of it and compare with its checksums");
  command->add_option("--samples", args->prepared.samples, "documents to show")->check(between(0, 1000));
  command
      ->add_option("--tokenizer", args->prepared.tokenizer,
                   "to decode with; the directory's own unless given")
      ->type_name("DIR");
  command->add_option("--seed", args->prepared.seed, "of the documents that are shown");
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  add_reading_options(*command, args->recipe);
  command->callback([args, &console] { run(*args, console); });
}

}  // namespace evergreen::cli
