#include <deque>

#include <fmt/format.h>

#include "cli/inspect_text.hpp"
#include "cli/residual_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/inspect_page.hpp"

namespace evergreen::cli {
namespace {

struct InspectArgs {
  std::vector<fs::path> checkpoints;
  fs::path base, new_base, html;
  bool tensors = false, headers_only = false;
  InspectOptions options;
};

void write_page(const InspectArgs& args, const std::string& page, Console& console) {
  replace_file(args.html, page);
  console.note(fmt::format("the page is {}", args.html.string()));
}

void print_notes(const std::vector<std::string>& notes, Console& console) {
  for (const std::string& note : notes) console.note(note);
}

void run_headers(const InspectArgs& args, Console& console) {
  if (args.checkpoints.size() > 1 || !args.base.empty() || !args.html.empty()) {
    throw Error(ErrorKind::usage, "--headers-only is for one checkpoint, without --base and --html");
  }
  const CheckpointReader checkpoint(args.checkpoints.front());
  const CheckpointSummary summary = summarize(checkpoint, checkpoint_kind(checkpoint));
  console.result(summary_text(summary, args.tensors), to_json_text(summary));
}

void run_comparison(const InspectArgs& args, const CheckpointReader* base, Console& console) {
  if (!args.new_base.empty()) {
    throw Error(ErrorKind::usage, "--new-base is for one checkpoint", {},
                "to compare several, pass the new base as one of them");
  }
  std::deque<CheckpointReader> readers;
  std::vector<const CheckpointReader*> checkpoints;
  for (const fs::path& path : args.checkpoints) checkpoints.push_back(&readers.emplace_back(path));
  const CheckpointComparison comparison = compare(checkpoints, base, args.options);
  print_notes(comparison.notes, console);
  if (!args.html.empty()) write_page(args, comparison_page(comparison), console);
  console.result(comparison_text(comparison, terminal_colour(console.styled())), to_json_text(comparison));
}

void run_single(const InspectArgs& args, const CheckpointReader* base, Console& console) {
  const CheckpointReader checkpoint(args.checkpoints.front());
  std::optional<CheckpointReader> new_base;
  if (!args.new_base.empty()) new_base.emplace(args.new_base);
  if (new_base && base == nullptr) throw Error(ErrorKind::usage, "--new-base needs --base to compare with");
  const InspectReport report =
      base != nullptr ? inspect_residual(*base, checkpoint, new_base ? &*new_base : nullptr, args.options)
                      : inspect(checkpoint, args.options);
  print_notes(report.notes, console);
  if (!args.html.empty()) write_page(args, inspect_page(report), console);
  console.result(inspect_text(report, args.tensors, terminal_colour(console.styled())), to_json_text(report));
}

void run(InspectArgs args, Console& console) {
  console.command = "residual inspect";
  args.options.progress = console.progress();
  args.options.stop = &console.stop;
  if (args.headers_only) return run_headers(args, console);
  std::optional<CheckpointReader> base;
  if (!args.base.empty()) base.emplace(args.base);
  args.checkpoints.size() > 1 ? run_comparison(args, base ? &*base : nullptr, console)
                              : run_single(args, base ? &*base : nullptr, console);
}

}  // namespace

void add_residual_inspect(CLI::App& residual, Console& console) {
  auto args = std::make_shared<InspectArgs>();
  CLI::App* command = add_command(
      residual, console, "inspect",
      "What is in checkpoints, how far instruction tuning moved them, and what CPT did beside it",
      "evergreen residual inspect llama-it --base llama --new-base llama-news --html residual.html");
  command->add_option("checkpoint", args->checkpoints, "a model or a residual; several are compared")
      ->required()
      ->type_name("DIR");
  command->add_option("--base", args->base, "the base model to compare with")->type_name("DIR");
  command
      ->add_option("--new-base", args->new_base,
                   "the base after CPT: its shift, and the cosine with the residual")
      ->type_name("DIR");
  command->add_option("--html", args->html, "write a page with the heat maps")->type_name("FILE");
  command->add_flag("--tensors", args->tensors, "a line for each tensor");
  command->add_flag("--headers-only", args->headers_only, "size and dtypes alone: the weights are not read");
  command
      ->add_option("--rank-rows", args->options.sample.rows,
                   "rows of each matrix drawn for its effective rank; 0: no ranks")
      ->check(between(0, 4096));
  command->add_option("--seed", args->options.sample.seed, "of the rows that are drawn");
  command->add_option("--threads", args->options.threads, "0: one for each core")->check(not_negative());
  command->callback([args, &console] { run(*args, console); });
}

}  // namespace evergreen::cli
