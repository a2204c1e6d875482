#include "evergreen/train/parallel_mode.hpp"

#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

const std::vector<std::string> kNames = {"ddp", "zero1", "zero3", "hybrid"};  // in the order of ParallelMode

}  // namespace

ParallelMode parallel_mode_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ParallelMode>(i);
  }
  throw Error(ErrorKind::usage, fmt::format("processes cannot share a run as '{}'", name), {},
              suggest_name(name, kNames));
}

bool shards_weights(ParallelMode mode) { return mode == ParallelMode::zero3 || mode == ParallelMode::hybrid; }

std::string parallel_mode_name(ParallelMode mode) { return kNames[static_cast<size_t>(mode)]; }

}  // namespace evergreen
