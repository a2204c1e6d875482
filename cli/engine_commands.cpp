#include "cli/commands.hpp"

namespace evergreen::cli {

void add_update_command(CLI::App& root, Console& console);
void add_train_commands(CLI::App& root, Console& console);
void add_demo_command(CLI::App& root, Console& console);
void add_eval_command(CLI::App& root, Console& console);
void add_generate_command(CLI::App& root, Console& console);
void add_chat_command(CLI::App& root, Console& console);
void add_study_commands(CLI::App& root, Console& console);

void add_engine_commands(CLI::App& root, Console& console) {
  add_update_command(root, console);
  add_train_commands(root, console);
  add_eval_command(root, console);
  add_generate_command(root, console);
  add_chat_command(root, console);
  add_demo_command(root, console);
  add_study_commands(root, console);
}

}  // namespace evergreen::cli
