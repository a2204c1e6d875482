// Watches the loss of each step, before the step changes a weight: a loss or gradient that is not finite, or a spike.
//
// A spike is a loss more than `spike` nats above the median of the last 50 good steps (at least 10). What happens then is the
// run's choice: stop, with the state before that step saved, or leave the step out and go on (PaLM left out some hundreds
// of batches at each spike, arXiv 2204.02311, section 5.1). The state is a function of the metrics, so a resumed run decides alike.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace evergreen {

enum class OnFault { stop, skip };
OnFault on_fault_from_name(std::string_view name);  // Error{usage} with the nearest name
std::string on_fault_name(OnFault what);

struct GuardOptions {
  double spike = 0;  // nats; 0: only what is not finite is a fault
  OnFault on_fault = OnFault::stop;
  int64_t max_skipped = 20;  // in a row; more are an error
};

class StepGuard {
 public:
  explicit StepGuard(const GuardOptions& options) : options_(options) {}

  // What is wrong with a step of that loss and gradient norm; none if it is good.
  std::optional<std::string> fault(double loss, double gradient_norm) const;
  void good(double loss);  // the step was made
  void skipped();          // it was left out; Error{input} if too many were in a row
  OnFault on_fault() const { return options_.on_fault; }

 private:
  GuardOptions options_;
  std::deque<double> losses_;  // of the last good steps
  int64_t skipped_ = 0;        // in a row
};

}  // namespace evergreen
