// Which scale the residual of each tensor has: one for all, others by pattern, and tensors left as they are.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evergreen/checkpoint/safetensors.hpp"
#include "evergreen/residual/name_pattern.hpp"

namespace evergreen {

struct ScaleRules {
  std::vector<std::pair<NamePattern, double>> scales;  // of those that match, the last counts
  std::vector<NamePattern> include;                    // not empty: tensors that match none have scale 0
  std::vector<NamePattern> exclude;                    // tensors that match have scale 0

  bool empty() const { return scales.empty() && include.empty() && exclude.empty(); }
  double of(const std::string& tensor, double otherwise) const;
  std::string text() const;  // as on a command line
};

// Error{usage} for a scale that is not a finite number, or a pattern that matches no tensor.
void require_sensible(const ScaleRules& rules, const std::vector<TensorInfo>& tensors);

}  // namespace evergreen
