#include "cli/commands.hpp"

namespace evergreen::cli {

void add_data_prepare(CLI::App& data, Console& console);
void add_data_inspect(CLI::App& data, Console& console);

void add_data_commands(CLI::App& root, Console& console) {
  CLI::App* data = noun(root, "data", "Corpora: cleaned, without duplicates, as token shards");
  add_data_prepare(*data, console);
  add_data_inspect(*data, console);
}

}  // namespace evergreen::cli
