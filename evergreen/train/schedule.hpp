// The learning rate of each step.
//
//   warm-up    linear from peak / warmup_steps to peak over the first warmup_steps
//   constant   peak
//   cosine     peak -> min_ratio x peak along half a cosine (SGDR, arXiv 1608.03983). With a warm-up of its own in every run this is
//              re-warming and re-decaying, which continued pre-training needs (Ibrahim et al., arXiv 2403.08763, section 6)
//   wsd        warm-up, stable, decay: peak until the last decay_steps, then down to min_ratio x peak (MiniCPM, arXiv 2404.06395)
//   infinite   peak -> constant_ratio x peak along half a cosine over cooldown_steps, that rate for as long as it goes, and down to
//              min_ratio x peak over the last decay_steps (Ibrahim et al., section 7.4). A later run that starts with the
//              constant rate (peak = it, no warm-up) goes on without re-warming.
// The decay of wsd and infinite is linear, or 1 - sqrt(progress) (Hägele et al., arXiv 2405.18392, section 3), or exponential.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace evergreen {

enum class ScheduleKind { constant, cosine, wsd, infinite };
enum class DecayShape { linear, sqrt, exponential };

struct Schedule {
  ScheduleKind kind = ScheduleKind::cosine;
  double peak = 2e-5;
  double min_ratio = 0.1;
  int64_t warmup_steps = 0;
  int64_t decay_steps = 0;  // wsd, infinite
  DecayShape decay = DecayShape::linear;
  int64_t cooldown_steps = 0;  // infinite
  double constant_ratio = 0.5;
  int64_t total_steps = 1;
};

ScheduleKind schedule_from_name(std::string_view name);  // Error{usage} with the nearest name
std::string schedule_name(ScheduleKind kind);
DecayShape decay_from_name(std::string_view name);
std::string decay_name(DecayShape shape);
double learning_rate(const Schedule& schedule, int64_t step);  // step from 0

}  // namespace evergreen
