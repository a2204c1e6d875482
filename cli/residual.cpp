#include "cli/commands.hpp"

namespace evergreen::cli {

void add_residual_commands(CLI::App&, Console&) {}

}  // namespace evergreen::cli
