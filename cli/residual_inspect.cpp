#include <fmt/format.h>

#include "cli/residual_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/inspect.hpp"

namespace evergreen::cli {
namespace {

struct InspectArgs {
  fs::path checkpoint, base;
  bool tensors = false;
  int threads = 0;
};

std::string summary_text(const CheckpointSummary& summary, bool tensors) {
  std::string text =
      fmt::format("{}: {}{}{}, {} tensors, {} parameters, {} in {} files\n", summary.path, summary.kind,
                  summary.architecture.empty() ? "" : " of ", summary.architecture, summary.tensors.size(),
                  human_count(static_cast<double>(summary.parameters)),
                  human_bytes(static_cast<double>(summary.bytes)), summary.shards.size());
  for (const auto& [dtype, parameters] : summary.parameters_by_dtype) {
    text += fmt::format("  {:<8} {:>16} parameters\n", dtype, parameters);
  }
  if (!tensors) return text;
  for (const TensorInfo& tensor : summary.tensors) {
    text +=
        fmt::format("  {:<8} {:<20} {}\n", dtype_name(tensor.dtype), shape_text(tensor.shape), tensor.name);
  }
  return text;
}

std::string report_text(const ResidualReport& report, bool tensors) {
  return norm_table("layer", report.layers) + "\n" + norm_table("kind", report.kinds) + "\n" +
         (tensors ? norm_table("tensor", report.each) + "\n" : "") + norm_table("", {report.total});
}

void run(const InspectArgs& args, Console& console) {
  const CheckpointReader checkpoint(args.checkpoint);
  const InspectOptions options{args.threads, console.progress(), &console.stop};
  const bool stored = is_residual(checkpoint);
  if (args.base.empty() && !stored) {
    const CheckpointSummary summary = inspect(checkpoint);
    return console.result(summary_text(summary, args.tensors), to_json_text(summary));
  }
  std::optional<CheckpointReader> base;
  if (!args.base.empty()) base.emplace(args.base);
  const ResidualReport report = stored ? inspect_residual(checkpoint, base ? &*base : nullptr, options)
                                       : inspect_pair(*base, checkpoint, options);
  for (const std::string& note : report.notes) console.note(note);
  console.result(report_text(report, args.tensors), to_json_text(report));
}

}  // namespace

void add_residual_inspect(CLI::App& residual, Console& console) {
  auto args = std::make_shared<InspectArgs>();
  CLI::App* command =
      add_command(residual, console, "inspect",
                  "What is in a checkpoint; with --base, how far it is from that, layer by layer",
                  "evergreen residual inspect llama-it --base llama");
  command->add_option("checkpoint", args->checkpoint, "a model or a residual")->required()->type_name("DIR");
  command->add_option("--base", args->base, "the base model to compare with")->type_name("DIR");
  command->add_flag("--tensors", args->tensors, "a line for each tensor");
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  command->callback([args, &console] {
    console.command = "residual inspect";
    run(*args, console);
  });
}

}  // namespace evergreen::cli
