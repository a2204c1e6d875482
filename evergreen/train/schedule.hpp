// The learning rate of each step.
//
//   warm-up    linear from peak / warmup_steps to peak over the first warmup_steps
//   constant   peak
//   cosine     peak -> min_ratio x peak along half a cosine (SGDR, arXiv 1608.03983)
//   wsd        warm-up, stable, decay: peak until the last decay_steps, then linear to min_ratio x peak (MiniCPM, arXiv 2404.06395)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evergreen {

enum class ScheduleKind { constant, cosine, wsd };

struct Schedule {
  ScheduleKind kind = ScheduleKind::cosine;
  double peak = 2e-5;
  double min_ratio = 0.1;
  int64_t warmup_steps = 0;
  int64_t decay_steps = 0;  // wsd only
  int64_t total_steps = 1;
};

ScheduleKind schedule_from_name(std::string_view name);  // Error{usage} with the nearest name
std::string schedule_name(ScheduleKind kind);
double learning_rate(const Schedule& schedule, int64_t step);  // step from 0

}  // namespace evergreen
