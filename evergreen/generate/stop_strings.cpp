#include "evergreen/generate/stop_strings.hpp"

#include <algorithm>
#include <utility>

namespace evergreen {
namespace {

// The length of the longest end of `text` that begins `stop`.
size_t begun(std::string_view text, std::string_view stop) {
  for (size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n) {
    if (text.ends_with(stop.substr(0, n))) return n;
  }
  return 0;
}

}  // namespace

StopStrings::StopStrings(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase(stops_, "");
}

std::string StopStrings::push(std::string_view piece) {
  if (stopped_) return {};
  held_ += piece;
  size_t cut = std::string::npos, hold = 0;
  for (const std::string& stop : stops_) {
    cut = std::min(cut, held_.find(stop));
    hold = std::max(hold, begun(held_, stop));
  }
  stopped_ = cut != std::string::npos;
  std::string out = held_.substr(0, stopped_ ? cut : held_.size() - hold);
  held_.erase(0, stopped_ ? held_.size() : out.size());
  return out;
}

std::string StopStrings::finish() { return std::exchange(held_, {}); }

}  // namespace evergreen
