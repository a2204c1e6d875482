#include "cli/residual_options.hpp"

namespace evergreen::cli {

void add_residual_commands(CLI::App& root, Console& console) {
  CLI::App* residual =
      noun(root, "residual", "The instruction residual alone: extract, apply, graft, inspect, verify");
  add_residual_extract(*residual, console);
  add_residual_apply(*residual, console);
  add_residual_graft(*residual, console);
  add_residual_inspect(*residual, console);
  add_residual_verify(*residual, console);
}

}  // namespace evergreen::cli
