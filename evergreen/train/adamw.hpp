// AdamW with decoupled weight decay (arXiv 1711.05101), moments keyed by the parameter's name.
//
// Numbers   float32 parameters and moments, element by element in one pass with the clipping, so the result does not depend
//           on threads (on a CPU; elsewhere torch's fused kernel). Norms and biases are not decayed
//           (ParameterInfo::weight_decay).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "evergreen/model/parameters.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen {

class AdamW {
 public:
  struct Moments {
    at::Tensor exp_avg, exp_avg_sq;
  };

  AdamW(Parameters& parameters, const AdamWOptions& options);

  // One step with the gradients in the parameters' .grad(), each times `gradient_scale`; a parameter without one
  // is left alone.
  void step(double learning_rate, double gradient_scale = 1.0);
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  Moments& moments(const std::string& name) { return moments_.at(name); }

 private:
  Parameters& parameters_;
  AdamWOptions options_;
  void step_fused(bool decayed, double learning_rate, double gradient_scale);

  std::map<std::string, Moments> moments_;
  int64_t steps_ = 0;
};

// The Euclidean norm of all gradients, in float64, whatever the threads. A value that is not finite is Error{input} naming the first such parameter.
double gradient_norm(const Parameters& parameters);

// What gradients of that norm are multiplied with to have `max_norm` at the most, as torch.nn.utils.clip_grad_norm_ does.
double clip_factor(double norm, double max_norm);

}  // namespace evergreen
