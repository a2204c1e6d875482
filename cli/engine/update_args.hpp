#pragma once

#include <string>

#include "evergreen/pipeline/update_options.hpp"

namespace evergreen::cli {

struct UpdateArgs {
  UpdateOptions options;
  std::string start_from, old_text, dtype;  // empty: not given
  std::string added_tokens = "error";
  std::string device = "cpu";  // of training
  bool dry_run = false;
};

}  // namespace evergreen::cli
