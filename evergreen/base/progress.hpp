// How the library tells that long work advances. The library never prints: the command line draws the bar.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace evergreen {

struct ProgressUpdate {
  std::string stage;   // "graft", "train"
  double done = 0;     // in `unit`
  double total = 0;    // 0: not known
  std::string unit;    // "bytes", "tokens", "documents", "requests"
  std::string detail;  // "loss 2.31", may be empty
};

using ProgressFn = std::function<void(const ProgressUpdate&)>;  // called from one thread at a time

}  // namespace evergreen
