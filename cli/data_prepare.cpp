#include <memory>

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/corpus_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/data/prepare_directory.hpp"

namespace evergreen::cli {
namespace {

struct PrepareArgs {
  PrepareDirectoryOptions options;
  fs::path out;
};

void run(const PrepareArgs& args, Console& console) {
  console.command = "data prepare";
  const PrepareReport report = prepare_directory(args.options, args.out, &console.stop, console.progress());
  if (report.bad.total() > 0) console.note(fmt::format("{} bad records were left out", report.bad.total()));
  console.result(report_table(report) + fmt::format("\n{}\n", args.out.string()), report_json(report));
}

}  // namespace

void add_data_prepare(CLI::App& data, Console& console) {
  auto args = std::make_shared<PrepareArgs>();
  PrepareOptions& o = args->options.prepare;
  o.held_out = 0;
  CLI::App* command = add_command(data, console, "prepare",
                                  "Turn a corpus into token shards: read, clean, remove duplicates, tokenise",
                                  "evergreen data prepare --corpus 'news/*.jsonl.zst' --tokenizer "
                                  "Llama-3.2-1B --clean web --dedup near --out news");
  command
      ->add_option("--corpus", o.recipe.inputs,
                   ".jsonl (.zst, .gz), .txt, .parquet; a directory or a glob of these; several")
      ->required()
      ->type_name("PATH");
  command->add_option("--tokenizer", args->options.tokenizer, "a model's directory, with tokenizer.json")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--out", args->out,
                   "directory to make; must not exist (unfinished work is kept in OUT.partial)")
      ->required()
      ->type_name("DIR");
  command->add_option("--held-out", o.held_out, "share of documents kept apart for evaluation")
      ->check(between(0.0, 0.5));
  command->add_option("--max-tokens", o.max_tokens, "stop after so many; 0: all")->check(not_negative());
  command->add_option("--seed", o.seed, "of the held-out documents");
  command->add_option("--threads", o.threads, "0: one for each core")->check(not_negative());
  add_reading_options(*command, o.recipe);
  add_cleaning_options(*command, o.recipe);
  command->callback([args, &console] { run(*args, console); });
}

}  // namespace evergreen::cli
