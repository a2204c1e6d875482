// What steps cost: the formulas, and the account of each arm.
//
//   FLOPs             of training, evaluation and graft: evergreen/checkpoint/model_size.hpp
//   core-hours        wall time x threads / 3600
//   energy            core-hours x watts a core; an estimate by a stated figure, nothing is metered
//
// A step that several arms need is counted for each of them; in the study's total once.
#pragma once

#include <array>
#include <vector>

#include "evergreen/checkpoint/model_size.hpp"
#include "evergreen/study/step.hpp"

namespace evergreen::study {

struct Account {
  std::array<StepCost, std::size(kStepKinds)> by_kind;
  StepCost total() const;
  void add(StepKind kind, const StepCost& cost);
};

// The steps that `last` needs, itself included, ascending.
std::vector<size_t> steps_needed(const Steps& steps, size_t last);
Account account_of(const Steps& steps, const std::vector<StepCost>& costs, const std::vector<size_t>& needed);

double kilowatt_hours(const StepCost& cost, double watts_per_core);

}  // namespace evergreen::study
