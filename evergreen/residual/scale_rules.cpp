#include "evergreen/residual/scale_rules.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

bool any_matches(const std::vector<NamePattern>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const NamePattern& p) { return p.matches(name); });
}

void require_a_match(const NamePattern& pattern, const std::vector<TensorInfo>& tensors) {
  std::vector<std::string> names;
  for (const TensorInfo& tensor : tensors) {
    if (pattern.matches(tensor.name)) return;
    names.push_back(tensor.name);
  }
  throw Error(
      ErrorKind::usage, fmt::format("the pattern '{}' matches no tensor", pattern.text()), {},
      nearest_name(pattern.text(), names).empty()
          ? "'*' stands for any characters; 'residual inspect DIR --headers-only --tensors' lists the names"
          : suggest_name(pattern.text(), names));
}

}  // namespace

double ScaleRules::of(const std::string& tensor, double otherwise) const {
  if ((!include.empty() && !any_matches(include, tensor)) || any_matches(exclude, tensor)) return 0;
  for (auto rule = scales.rbegin(); rule != scales.rend(); ++rule) {
    if (rule->first.matches(tensor)) return rule->second;
  }
  return otherwise;
}

std::string ScaleRules::text() const {
  std::string text;
  for (const auto& [pattern, scale] : scales) text += fmt::format(" --scale {}={}", pattern.text(), scale);
  for (const NamePattern& pattern : include) text += " --include " + pattern.text();
  for (const NamePattern& pattern : exclude) text += " --exclude " + pattern.text();
  return text.empty() ? text : text.substr(1);
}

void require_sensible(const ScaleRules& rules, const std::vector<TensorInfo>& tensors) {
  for (const auto& [pattern, scale] : rules.scales) {
    if (!std::isfinite(scale)) {
      throw Error(ErrorKind::usage,
                  fmt::format("the scale {} of '{}' is not a finite number", scale, pattern.text()),
                  "--scale", "0 leaves a tensor as it is in the new base");
    }
    require_a_match(pattern, tensors);
  }
  for (const NamePattern& pattern : rules.include) require_a_match(pattern, tensors);
  for (const NamePattern& pattern : rules.exclude) require_a_match(pattern, tensors);
}

}  // namespace evergreen
