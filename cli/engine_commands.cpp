#include "cli/commands.hpp"

namespace evergreen::cli {

void add_engine_commands(CLI::App&, Console&) {}

}  // namespace evergreen::cli
