#include <fmt/format.h>

#include "cli/residual_options.hpp"
#include "cli/validators.hpp"
#include "evergreen/residual/verify.hpp"

namespace evergreen::cli {

void add_residual_verify(CLI::App& residual, Console& console) {
  struct Args {
    fs::path directory;
    int threads = 0;
  };
  auto args = std::make_shared<Args>();
  CLI::App* command =
      add_command(residual, console, "verify", "Read an output again and compare it with its evergreen.json",
                  "evergreen residual verify updated");
  command->add_option("directory", args->directory, "what evergreen wrote")->required()->type_name("DIR");
  command->add_option("--threads", args->threads, "0: one for each core")->check(not_negative());
  command->callback([args, &console] {
    console.command = "residual verify";
    const VerifyReport report = verify(args->directory, args->threads);
    if (!report.matches()) {
      throw Error(ErrorKind::input,
                  fmt::format("the weights have the hash {}, but evergreen.json says {}", report.found,
                              report.expected),
                  report.path, "the weights changed after evergreen wrote them: make them again");
    }
    console.result(fmt::format("{}: the weights are as written, {}\n", report.path, report.found),
                   to_json_text(report));
  });
}

}  // namespace evergreen::cli
