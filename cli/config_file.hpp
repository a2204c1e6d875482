// Options from a TOML file: every key is the name of an option, without its dashes.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace evergreen::cli {

// Replaces `--config FILE` in `args` by the options that FILE holds and `args` does not: the command line
// wins. Errors    Error{input} for a file that is not TOML, an unknown key (with the nearest option) or a value that is neither a
//           string, a number, a boolean nor a list of these; with file and line.
std::vector<std::string> expand_config_file(CLI::App& root, std::vector<std::string> args);

// The command that `args` name, as deep as they go.
CLI::App* find_command(CLI::App& root, const std::vector<std::string>& args);

// Names of a command's options, without dashes.
std::vector<std::string> option_names(const CLI::App& command);

}  // namespace evergreen::cli
