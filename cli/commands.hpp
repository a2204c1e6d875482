// One function for each command: it declares the options (name, default, help and target in one place) and
// what runs. The callback of a command does the work; main.cpp catches what it throws.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/console.hpp"

namespace evergreen::cli {

// The subcommand of that name, or null.
CLI::App* find_subcommand(CLI::App& parent, const std::string& name);

// A noun ("residual") whose verbs are commands; made on first use.
CLI::App* noun(CLI::App& root, const std::string& name, const std::string& help);

// A command with what all have in common: --json, --quiet, --config, an example on top of its help.
CLI::App* add_command(CLI::App& parent, Console& console, const std::string& name, const std::string& help,
                      const std::string& example);

void add_residual_commands(CLI::App& root, Console& console);
void add_data_commands(CLI::App& root, Console& console);
void add_engine_commands(CLI::App& root, Console& console);

}  // namespace evergreen::cli
