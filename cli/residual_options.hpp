// What the commands of `residual` have in common: options, notes and the text of a report.
#pragma once

#include <memory>

#include "cli/commands.hpp"
#include "evergreen/residual/recorded_combination.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen::cli {

struct ResidualArgs {
  fs::path new_base, base, instruct, out;
  std::vector<std::string> residuals;                 // "DIR" or "DIR:0.7"
  std::vector<std::string> scales, include, exclude;  // "0.7" or "PATTERN=0.7"; patterns
  std::string dtype, added_tokens = "error", merge = "sum", part;
  bool weights_only = false;
  ResidualOptions options;
};

// --scale, --include, --exclude, --part and --finish.
void add_scale_options(CLI::App& command, ResidualArgs& args);

// --out, --dtype, --threads, --max-shard-size and --weights-only.
void add_output_options(CLI::App& command, ResidualArgs& args);

// args.options with what is not a plain option: dtype, progress, stop and the command as typed.
ResidualOptions finish_options(const CLI::App& command, const ResidualArgs& args, Console& console);

// What --residual names: a stored residual or a LoRA adapter, whose own model is at `base` if that is given.
GivenResidual open_residual(const fs::path& path, const std::shared_ptr<const CheckpointReader>& new_base,
                            const fs::path& base);
// Error{usage} for a base where there is no adapter.
void require_base_has_use(const fs::path& base, const std::vector<GivenResidual>& residuals);

// Notes to stderr, the report to stdout.
void print_report(const ResidualReport& report, const fs::path& out, Console& console);

// A table of norms, a row for each group.
std::string norm_table(const std::string& title, const std::vector<NormGroup>& groups);

// "evergreen residual graft --base b ...", with the options that were given.
std::string command_line(const CLI::App& command);

void add_residual_extract(CLI::App& residual, Console& console);
void add_residual_apply(CLI::App& residual, Console& console);
void add_residual_graft(CLI::App& residual, Console& console);
void add_residual_inspect(CLI::App& residual, Console& console);
void add_residual_verify(CLI::App& residual, Console& console);

}  // namespace evergreen::cli
