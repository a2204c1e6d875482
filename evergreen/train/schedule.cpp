#include "evergreen/train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {

ScheduleKind schedule_from_name(std::string_view name) {
  for (const ScheduleKind kind : {ScheduleKind::constant, ScheduleKind::cosine, ScheduleKind::wsd}) {
    if (schedule_name(kind) == name) return kind;
  }
  throw Error(ErrorKind::usage, "there is no learning rate schedule '" + std::string(name) + "'", {},
              suggest_name(name, {"constant", "cosine", "wsd"}));
}

std::string schedule_name(ScheduleKind kind) {
  switch (kind) {
    case ScheduleKind::constant:
      return "constant";
    case ScheduleKind::cosine:
      return "cosine";
    case ScheduleKind::wsd:
      return "wsd";
  }
  return "unknown";
}

double learning_rate(const Schedule& s, int64_t step) {
  if (step < s.warmup_steps)
    return s.peak * static_cast<double>(step + 1) / static_cast<double>(s.warmup_steps);
  const double floor = s.min_ratio * s.peak;
  if (s.kind == ScheduleKind::cosine) {
    const double span = static_cast<double>(std::max<int64_t>(1, s.total_steps - s.warmup_steps));
    const double progress = std::min(1.0, static_cast<double>(step - s.warmup_steps) / span);
    return floor + (s.peak - floor) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }
  const int64_t decay_start = s.total_steps - s.decay_steps;
  if (s.kind == ScheduleKind::wsd && step >= decay_start) {
    const double progress = static_cast<double>(step - decay_start + 1) / static_cast<double>(s.decay_steps);
    return s.peak + (floor - s.peak) * std::min(1.0, progress);
  }
  return s.peak;
}

}  // namespace evergreen
