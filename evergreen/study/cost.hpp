// What steps cost: the formulas, and the account of each arm.
//
//   N                 weights in matrix products: the projections of all layers, and the output layer (also where it is tied)
//   P                 all parameters
//   training          6 N FLOPs a token (2 forward, 4 backward; Kaplan et al., arXiv 2001.08361); attention not counted. LoRA as
//                     well: the weights' gradients are formed before they are projected
//   evaluation        2 N FLOPs a token
//   graft             3 P FLOPs: a difference, a product and a sum for each parameter
//   core-hours        wall time x threads / 3600
//   energy            core-hours x watts a core; an estimate by a stated figure, nothing is metered
//
// A step that several arms need is counted for each of them; in the study's total once.
#pragma once

#include <array>
#include <vector>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/study/step.hpp"

namespace evergreen::study {

struct ModelSize {
  double parameters = 0, matmul_weights = 0;
};
ModelSize model_size(const ModelConfig& config);

inline double training_flops(const ModelSize& size, double tokens) {
  return 6 * size.matmul_weights * tokens;
}
inline double evaluation_flops(const ModelSize& size, double tokens) {
  return 2 * size.matmul_weights * tokens;
}
inline double graft_flops(const ModelSize& size) { return 3 * size.parameters; }

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
