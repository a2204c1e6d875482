#include "evergreen/train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

constexpr std::pair<ScheduleKind, const char*> kSchedules[] = {{ScheduleKind::constant, "constant"},
                                                               {ScheduleKind::cosine, "cosine"},
                                                               {ScheduleKind::wsd, "wsd"},
                                                               {ScheduleKind::infinite, "infinite"}};
constexpr std::pair<DecayShape, const char*> kDecays[] = {
    {DecayShape::linear, "linear"}, {DecayShape::sqrt, "sqrt"}, {DecayShape::exponential, "exponential"}};

template <class T, size_t N>
T from_name(const std::pair<T, const char*> (&table)[N], std::string_view name, const char* what) {
  std::vector<std::string> names;
  for (const auto& [value, known] : table) {
    if (name == known) return value;
    names.emplace_back(known);
  }
  throw Error(ErrorKind::usage, "there is no " + std::string(what) + " '" + std::string(name) + "'", {},
              suggest_name(name, names));
}

template <class T, size_t N>
std::string name_of(const std::pair<T, const char*> (&table)[N], T value) {
  for (const auto& [known, name] : table) {
    if (value == known) return name;
  }
  return "unknown";
}

double half_cosine(double from, double to, double progress) {
  return to + (from - to) * 0.5 * (1.0 + std::cos(std::numbers::pi * std::min(1.0, progress)));
}

double decayed(DecayShape shape, double from, double to, double progress) {
  progress = std::min(1.0, progress);
  switch (shape) {
    case DecayShape::linear:
      return from + (to - from) * progress;
    case DecayShape::sqrt:
      return from + (to - from) * std::sqrt(progress);
    case DecayShape::exponential:  // to zero it never gets: a thousandth, then
      return from * std::pow(std::max(to / from, 1e-3), progress);
  }
  return to;
}

double share(int64_t done, int64_t of) {
  return static_cast<double>(done) / static_cast<double>(std::max<int64_t>(1, of));
}

}  // namespace

ScheduleKind schedule_from_name(std::string_view name) {
  return from_name(kSchedules, name, "learning rate schedule");
}
std::string schedule_name(ScheduleKind kind) { return name_of(kSchedules, kind); }
DecayShape decay_from_name(std::string_view name) { return from_name(kDecays, name, "decay shape"); }
std::string decay_name(DecayShape shape) { return name_of(kDecays, shape); }

double learning_rate(const Schedule& s, int64_t step) {
  if (step < s.warmup_steps) return s.peak * share(step + 1, s.warmup_steps);
  const double floor = s.min_ratio * s.peak;
  const int64_t after = step - s.warmup_steps;
  if (s.kind == ScheduleKind::cosine) {
    return half_cosine(s.peak, floor, share(after, s.total_steps - s.warmup_steps));
  }
  double rate = s.peak;
  if (s.kind == ScheduleKind::infinite)
    rate = half_cosine(s.peak, s.constant_ratio * s.peak, share(after, s.cooldown_steps));
  const int64_t decay_start = s.total_steps - s.decay_steps;
  const bool decays = s.kind == ScheduleKind::wsd || s.kind == ScheduleKind::infinite;
  if (decays && step >= decay_start)
    return decayed(s.decay, rate, floor, share(step - decay_start + 1, s.decay_steps));
  return rate;
}

}  // namespace evergreen
