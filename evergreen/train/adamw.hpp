// AdamW with decoupled weight decay (arXiv 1711.05101), moments keyed by the parameter's name.
//
// Numbers   float32 parameters and moments, element by element in one pass with the clipping, so the result does not depend
//           on threads (on a CPU; elsewhere torch's fused kernel). Norms and biases are not decayed
//           (TrainedTensor::decayed).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "evergreen/train/train_options.hpp"
#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

class AdamW {
 public:
  struct Moments {
    at::Tensor exp_avg, exp_avg_sq;
  };

  AdamW(TrainedTensors tensors, const AdamWOptions& options);

  // One step with the gradients in the tensors' .grad(), each times `gradient_scale`; a tensor without one
  // is left alone.
  void step(double learning_rate, double gradient_scale = 1.0);
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  Moments& moments(const std::string& name) { return moments_.at(name); }

 private:
  TrainedTensors tensors_;
  AdamWOptions options_;
  void step_fused(bool decayed, double learning_rate, double gradient_scale);

  std::map<std::string, Moments> moments_;
  int64_t steps_ = 0;
};

// The Euclidean norm of all gradients, in float64, whatever the threads. Infinite or NaN if a value is.
double gradient_norm(const TrainedTensors& tensors);

// The first tensor whose gradient is not finite; empty: none.
std::string tensor_with_fault(const TrainedTensors& tensors);

// What gradients of that norm are multiplied with to have `max_norm` at the most, as torch.nn.utils.clip_grad_norm_ does.
double clip_factor(double norm, double max_norm);

}  // namespace evergreen
