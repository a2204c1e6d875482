#include "evergreen/base/human.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

namespace evergreen {

std::string human_bytes(double bytes) {
  constexpr std::array units = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < units.size()) bytes /= 1000, ++unit;
  return unit == 0 ? fmt::format("{:.0f} B", bytes)
                   : fmt::format("{:.{}f} {}", bytes, bytes < 10 ? 2 : 1, units[unit]);
}

std::string human_count(double count) {
  constexpr std::array units = {"", " k", " M", " G", " T"};
  size_t unit = 0;
  while (count >= 10000 && unit + 1 < units.size()) count /= 1000, ++unit;
  return unit == 0 ? fmt::format("{:.0f}", count)
                   : fmt::format("{:.{}f}{}", count, count < 100 ? 1 : 0, units[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 48 * 3600)
    return fmt::format("{:.0f} h {:.0f} min", std::floor(seconds / 3600), std::fmod(seconds, 3600) / 60);
  return fmt::format("{:.1f} days", seconds / 86400);
}

std::string human_number(double number) { return fmt::format("{:.3g}", number); }

}  // namespace evergreen
