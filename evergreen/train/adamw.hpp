// AdamW with decoupled weight decay (arXiv 1711.05101), moments keyed by the parameter's name.
//
// Numbers   float32 parameters and moments; torch's fused kernel, element by element, so the result does not depend on
//           threads. Norms and biases are not decayed (ParameterInfo::weight_decay).
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

  // One step with the gradients in the parameters' .grad(); a parameter without one is left alone.
  void step(double learning_rate);
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  Moments& moments(const std::string& name) { return moments_.at(name); }

 private:
  Parameters& parameters_;
  AdamWOptions options_;
  std::map<std::string, Moments> moments_;
  int64_t steps_ = 0;
};

// The Euclidean norm of all gradients, in float64. A value that is not finite is Error{input} naming the first such parameter.
double gradient_norm(const Parameters& parameters);

// Scales all gradients by max_norm / norm where norm is larger.
void clip_gradients(const Parameters& parameters, double norm, double max_norm);

}  // namespace evergreen
