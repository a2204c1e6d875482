#include "cli/commands.hpp"

#include <fmt/format.h>

namespace evergreen::cli {

CLI::App* find_subcommand(CLI::App& parent, const std::string& name) {
  for (CLI::App* command : parent.get_subcommands({})) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

CLI::App* noun(CLI::App& root, const std::string& name, const std::string& help) {
  if (CLI::App* existing = find_subcommand(root, name)) return existing;
  CLI::App* group = root.add_subcommand(name, help);
  group->require_subcommand(1);
  return group;
}

CLI::App* add_command(CLI::App& parent, Console& console, const std::string& name, const std::string& help,
                      const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, fmt::format("{}\nExample: {}\n", help, example));
  command->option_defaults()->always_capture_default();
  command->add_flag("--json", console.json, "print one JSON object instead of text");
  command->add_flag("--quiet", console.quiet, "no progress and no notes");
  command->add_option("--config", "TOML file with options by name; the command line wins")->type_name("FILE");
  return command;
}

}  // namespace evergreen::cli
