// The program: the only place that catches, prints errors and exits.
#include <csignal>
#include <cstdio>
#include <new>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.hpp"
#include "cli/config_file.hpp"
#include "cli/console.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/base/version.hpp"

namespace evergreen::cli {
namespace {

StopFlag* stop_flag = nullptr;  // a signal handler has no other way to reach it

void on_signal(int signal) {
  // A second Ctrl-C does not wait for the state to be saved.
  if (signal == SIGINT && stop_flag->requested()) std::_Exit(130);
  stop_flag->request();
}

void install_signal_handlers(StopFlag& stop) {
  stop_flag = &stop;
  struct sigaction action {};
  action.sa_handler = on_signal;
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// What CLI11 refuses, with the nearest name of an option or command.
Error usage_error(CLI::App& root, const std::vector<std::string>& args, const CLI::ParseError& error) {
  CLI::App* command = find_command(root, args);
  const std::string name = command == &root ? "evergreen" : command->get_display_name();
  std::string next = fmt::format("evergreen{} --help", command == &root ? "" : " " + command->get_name());
  if (CLI::App* parent = command->get_parent(); parent != nullptr && parent != &root) {
    next = fmt::format("evergreen {} {} --help", parent->get_name(), command->get_name());
  }
  const std::vector<std::string> commands = command_names(*command);
  if (!commands.empty()) {  // what follows a noun must be one of its commands
    for (const std::string& arg : args) {
      if (arg.rfind('-', 0) != 0 && arg != command->get_name()) {
        return {ErrorKind::usage,
                fmt::format("there is no command '{}'", arg),
                {},
                suggest_name(arg, commands) + "; see " + next};
      }
    }
  }
  for (const std::string& arg : command->remaining(false)) {
    if (arg.rfind("--", 0) != 0) continue;
    const std::string option = arg.substr(2, arg.find('=') - 2);
    const std::string nearest = nearest_name(option, option_names(*command));
    return {ErrorKind::usage,
            fmt::format("there is no option '--{}'", option),
            {},
            (nearest.empty() ? "" : fmt::format("did you mean '--{}'?; ", nearest)) + "see " + next};
  }
  if (!commands.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return {ErrorKind::usage,
            "no command is given",
            {},
            fmt::format("one of {}; see {}", fmt::join(commands, ", "), next)};
  return {ErrorKind::usage, error.what(), {}, "see " + next};
}

int run(CLI::App& root, Console& console, std::vector<std::string> args) {
  try {
    args = expand_config_file(root, std::move(args));
    std::vector<std::string> reversed(args.rbegin(), args.rend());
    root.parse(reversed);
    return console.exit_code;
  } catch (const CLI::Success& help) {
    return root.exit(help);
  } catch (const CLI::ParseError& error) {
    const Error readable = usage_error(root, args, error);
    console.error(readable);
    return exit_code(readable.kind());
  } catch (const Error& error) {
    console.error(error);
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    const Error error(ErrorKind::resource, "out of memory", {},
                      "use a smaller batch, or a machine with more memory");
    console.error(error);
    return exit_code(error.kind());
  } catch (const std::filesystem::filesystem_error& refused) {
    const Error error = system_error(refused.code().value(), "cannot use the path", refused.path1().string());
    console.error(error);
    return exit_code(error.kind());
  } catch (const std::exception& bug) {
    const Error error(ErrorKind::internal, bug.what(), {},
                      "this is a bug of evergreen: please report it with the command");
    console.error(error);
    return exit_code(error.kind());
  }
}

}  // namespace
}  // namespace evergreen::cli

int main(int argc, char** argv) {
  using namespace evergreen::cli;
  Console console;
  install_signal_handlers(console.stop);
  CLI::App root(
      "evergreen keeps large language models up to date: continued pre-training of the base model on new "
      "text, "
      "then the instruction residual (arXiv 2410.10739).\n"
      "Example: evergreen update --base B --instruct I --corpus news.jsonl --out U\n",
      "evergreen");
  root.set_version_flag("--version", std::string("evergreen ") + evergreen::kVersion);
  root.require_subcommand(1);
  add_residual_commands(root, console);
  add_data_commands(root, console);
  add_engine_commands(root, console);
  return run(root, console, {argv + 1, argv + argc});
}
