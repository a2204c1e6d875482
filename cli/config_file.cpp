#include "cli/config_file.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "cli/commands.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen::cli {
namespace {

std::string scalar_text(const toml::node& node, const std::string& where) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
  if (const auto whole = node.value_exact<int64_t>()) return fmt::format("{}", *whole);
  if (const auto number = node.value_exact<double>()) return fmt::format("{}", *number);
  throw Error(ErrorKind::input, "a value must be a string, a number, true, false or a list of these", where,
              "put every option on a line of its own at the top level, as in: learning-rate = 2e-5");
}

std::string place(const fs::path& file, const toml::source_region& source) {
  return fmt::format("{}, line {}", file.string(), source.begin.line);
}

bool is_given(const std::vector<std::string>& args, const std::string& option) {
  return std::any_of(args.begin(), args.end(), [&](const std::string& arg) {
    return arg == option || arg.rfind(option + "=", 0) == 0;
  });
}

// Takes `--config FILE` or `--config=FILE` out of the arguments.
std::string take_config_option(std::vector<std::string>& args) {
  const auto found = std::find_if(args.begin(), args.end(), [](const std::string& arg) {
    return arg == "--config" || arg.rfind("--config=", 0) == 0;
  });
  if (found == args.end()) return {};
  if (*found != "--config") {
    std::string file = found->substr(std::string("--config=").size());
    args.erase(found);
    return file;
  }
  if (found + 1 == args.end()) throw Error(ErrorKind::usage, "--config needs the name of a TOML file");
  std::string file = found[1];
  args.erase(found, found + 2);
  return file;
}

toml::table parse_toml(const fs::path& file) {
  try {
    return toml::parse(read_text(file, 1 << 20), file.string());
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::input, "this is not valid TOML: " + std::string(error.description()),
                place(file, error.source()));
  }
}

}  // namespace

CLI::App* find_command(CLI::App& root, const std::vector<std::string>& args) {
  CLI::App* command = &root;
  for (const std::string& arg : args) {
    CLI::App* next = find_subcommand(*command, arg);
    if (next == nullptr) continue;
    command = next;
  }
  return command;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> expand_config_file(CLI::App& root, std::vector<std::string> args) {
  CLI::App* command = find_command(root, args);
  if (command->get_option_no_throw("--config") == nullptr) return args;
  const fs::path file = take_config_option(args);
  if (file.empty()) return args;
  std::vector<std::string> added;
  for (const auto& [key, node] : parse_toml(file)) {
    const std::string option = "--" + std::string(key.str());
    const std::string where = place(file, node.source());
    if (command->get_option_no_throw(option) == nullptr) {
      throw Error(ErrorKind::input, fmt::format("'{}' is not an option of this command", key.str()), where,
                  suggest_name(key.str(), option_names(*command)));
    }
    if (is_given(args, option)) continue;
    if (const toml::array* list = node.as_array()) {
      for (const toml::node& element : *list) added.push_back(option + "=" + scalar_text(element, where));
    } else {
      added.push_back(option + "=" + scalar_text(node, where));
    }
  }
  args.insert(args.end(), added.begin(), added.end());
  return args;
}

}  // namespace evergreen::cli
