#include "evergreen/train/step_guard.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

constexpr size_t kWindow = 50, kLeast = 10;

double median(const std::deque<double>& values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  return sorted[sorted.size() / 2];
}

}  // namespace

OnFault on_fault_from_name(std::string_view name) {
  if (name == "stop") return OnFault::stop;
  if (name == "skip") return OnFault::skip;
  throw Error(ErrorKind::usage, fmt::format("a run cannot '{}' at a fault", name), {},
              suggest_name(name, {"stop", "skip"}));
}

std::string on_fault_name(OnFault what) { return what == OnFault::stop ? "stop" : "skip"; }

std::optional<std::string> StepGuard::fault(double loss, double gradient_norm) const {
  if (!std::isfinite(loss)) return "the loss is not finite";
  if (!std::isfinite(gradient_norm)) return "the gradient is not finite";
  if (options_.spike <= 0 || losses_.size() < kLeast) return std::nullopt;
  const double usual = median(losses_);
  if (loss <= usual + options_.spike) return std::nullopt;
  return fmt::format("the loss is {:.3f}, the median of the {} steps before it {:.3f}", loss, losses_.size(),
                     usual);
}

void StepGuard::good(double loss) {
  skipped_ = 0;
  losses_.push_back(loss);
  if (losses_.size() > kWindow) losses_.pop_front();
}

void StepGuard::skipped() {
  if (++skipped_ <= options_.max_skipped) return;
  throw Error(ErrorKind::input, fmt::format("{} steps in a row had to be left out", skipped_), {},
              "lower the learning rate, or look for damaged text in the corpus");
}

}  // namespace evergreen
