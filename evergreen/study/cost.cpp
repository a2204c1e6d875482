#include "evergreen/study/cost.hpp"

namespace evergreen::study {

StepCost Account::total() const {
  StepCost sum;
  for (const StepCost& part : by_kind) {
    sum.tokens += part.tokens, sum.flops += part.flops, sum.seconds += part.seconds;
    sum.core_seconds += part.core_seconds, sum.disk_bytes += part.disk_bytes;
  }
  return sum;
}

void Account::add(StepKind kind, const StepCost& cost) {
  StepCost& part = by_kind[static_cast<size_t>(kind)];
  part.tokens += cost.tokens, part.flops += cost.flops, part.seconds += cost.seconds;
  part.core_seconds += cost.core_seconds, part.disk_bytes += cost.disk_bytes;
}

std::vector<size_t> steps_needed(const Steps& steps, size_t last) {
  std::vector<bool> needed(last + 1, false);
  needed[last] = true;
  for (size_t i = last + 1; i-- > 0;) {
    if (!needed[i]) continue;
    for (const auto& [role, input] : steps[i].inputs) needed[input] = true;
  }
  std::vector<size_t> all;
  for (size_t i = 0; i <= last; ++i) {
    if (needed[i]) all.push_back(i);
  }
  return all;
}

Account account_of(const Steps& steps, const std::vector<StepCost>& costs,
                   const std::vector<size_t>& needed) {
  Account account;
  for (const size_t i : needed) account.add(steps[i].kind, costs[i]);
  return account;
}

double kilowatt_hours(const StepCost& cost, double watts_per_core) {
  return cost.core_seconds / 3600 * watts_per_core / 1000;
}

}  // namespace evergreen::study
