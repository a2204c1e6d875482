// Runs the program and catches what it prints.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <sys/wait.h>

#include "evergreen/base/file.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {

struct Outcome {
  int exit_code = 0;
  std::string out, err;
};

// `arguments` as in a shell, `input` on stdin.
inline Outcome run_program(const std::string& arguments, const std::string& input = {}) {
  const TempDir dir;
  replace_file(dir / "in", input);
  const std::string command = std::string(EVERGREEN_PROGRAM) + " " + arguments + " >" +
                              (dir / "out").string() + " 2>" + (dir / "err").string() + " <" +
                              (dir / "in").string();
  const int status = std::system(command.c_str());
  if (!WIFEXITED(status)) throw std::runtime_error("the program was killed: " + command);
  return {WEXITSTATUS(status), read_text(dir / "out"), read_text(dir / "err")};
}

}  // namespace evergreen::test
