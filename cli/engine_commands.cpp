#include "cli/commands.hpp"

namespace evergreen::cli {

void add_update_command(CLI::App& root, Console& console);
void add_train_commands(CLI::App& root, Console& console);
void add_demo_command(CLI::App& root, Console& console);

void add_engine_commands(CLI::App& root, Console& console) {
  add_update_command(root, console);
  add_train_commands(root, console);
  add_demo_command(root, console);
}

}  // namespace evergreen::cli
