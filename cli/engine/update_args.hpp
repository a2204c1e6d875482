#pragma once

#include <string>
#include <vector>

#include "evergreen/pipeline/update_options.hpp"

namespace evergreen::cli {

struct UpdateArgs {
  UpdateOptions options;
  std::string start_from, old_text, dtype;  // empty: not given
  std::string added_tokens = "error";
  std::string scale = "1";  // or "auto"
  std::vector<std::string> scale_prompts;
  std::vector<double> scale_grid;
  std::string prompts;
  bool no_layer_maps = false;
  std::string device = "cpu";  // of training and evaluation
  bool dry_run = false;
};

}  // namespace evergreen::cli
