#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen::cli {

struct StudyArgs {
  fs::path plan;                 // a TOML file
  fs::path out;                  // empty: build/study/NAME
  std::vector<std::string> set;  // "cpt.learning-rate=2e-5"
  bool dry_run = false;
  double stale_seconds = 60;
  int threads = 0;
};

}  // namespace evergreen::cli
