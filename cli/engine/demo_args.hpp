#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen::cli {

struct DemoArgs {
  fs::path models = "models";    // the shipped pairs
  fs::path work = "build/demo";  // where corpora, runs and results go
  int64_t tokens = 500'000;      // of new text, seen once
  int seeds = 1;                 // futures of the same pair
  uint64_t first_seed = 1;
  double replay = 0.3;         // share of older genres in the new text
  std::string pair = "llama";  // or "qwen"
  bool from_scratch = false;   // make the pair anew instead of starting from the shipped one
  int threads = 0;
  std::vector<std::string> tasks;  // further ones, for all five models
  fs::path data;
  std::optional<int64_t> shots;
  int64_t limit = 0;
  bool chat = false;
};

}  // namespace evergreen::cli
