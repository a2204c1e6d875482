#include "evergreen/model/recompute_level.hpp"

#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

const std::vector<std::string> kNames = {"none", "selective", "full"};  // in the order of RecomputeLevel

// Widths of a layer's parts, by their names in the headers of kernels: hidden, queries, keys, MLP.
struct Widths {
  int64_t hidden, queries, keys, inner;
  explicit Widths(const ModelConfig& config)
      : hidden(config.hidden_size),
        queries(config.num_heads * config.head_dim),
        keys(config.num_kv_heads * config.head_dim),
        inner(config.intermediate_size) {}
};

}  // namespace

RecomputeLevel recompute_level_from_name(std::string_view name) {
  if (name == "true")
    return RecomputeLevel::full;  // a flag and a boolean of settings files before there were levels
  if (name == "false") return RecomputeLevel::none;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<RecomputeLevel>(i);
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a level of recomputing", name), "--recompute",
              suggest_name(name, kNames));
}

std::string recompute_level_name(RecomputeLevel level) { return kNames[static_cast<size_t>(level)]; }

int64_t kept_elements(const ModelConfig& config, RecomputeLevel level) {
  const Widths w(config);
  if (level == RecomputeLevel::full) return w.hidden;
  // Both inputs, the norm's scale before attention, queries, keys and values, the attention's output and a number for each head.
  const int64_t selective = 2 * w.hidden + 1 + w.queries + 2 * w.keys + w.queries + config.num_heads;
  return level == RecomputeLevel::selective ? selective : selective + 1 + 2 * w.inner;
}

double flops_made_again(const ModelConfig& config, RecomputeLevel level, int64_t sequence) {
  if (level == RecomputeLevel::none) return 0;
  const Widths w(config);
  const auto gate_and_up = static_cast<double>(4 * w.hidden * w.inner);
  if (level == RecomputeLevel::selective) return gate_and_up;
  const auto projections = static_cast<double>(2 * w.hidden * (2 * w.queries + 2 * w.keys));
  return gate_and_up + projections + static_cast<double>(2 * sequence * w.queries);
}

}  // namespace evergreen
