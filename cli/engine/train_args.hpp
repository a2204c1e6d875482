#pragma once

#include <string>

#include "evergreen/base/file.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen::cli {

struct TrainArgs {
  bool chat = false;  // sft: the corpus holds conversations, the loss counts the assistant's tokens only
  fs::path model, corpus, out;
  std::string text_field = "text";
  std::string dtype;  // of the saved model; empty: as the model's
  double held_out = 0.02;
  int threads = 0;
  TrainOptions options;
};

}  // namespace evergreen::cli
