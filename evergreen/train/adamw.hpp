// AdamW with decoupled weight decay (arXiv 1711.05101), moments keyed by the parameter's name.
//
// Numbers   moments have the type of their parameter: float32, or bfloat16, which is rounded stochastically by numbers that are a function
//           of seed, name, step and element. Element by element in one pass with the clipping (kernels/adamw.hpp), so the result depends on
//           neither threads nor sharding. Norms and biases are not decayed (TrainedTensor::decayed).
// Offload   moments stay in host memory (page-locked beside a GPU) and the step is made by the CPU: gradient and weight go there and the
//           weight back, a tensor at a time (as ZeRO-Offload, Ren et al., arXiv 2101.06840, without its overlap with computation). The
//           same bits as on a CPU. Memory on the device: 8 bytes a parameter less (float32), 4 (bfloat16).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "evergreen/kernels/adamw.hpp"
#include "evergreen/train/train_options.hpp"
#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

struct AdamWPlacement {
  bool offload = false;  // moments in host memory
  uint64_t seed = 0;     // of stochastic rounding
};

class AdamW {
 public:
  struct Moments {
    at::Tensor exp_avg, exp_avg_sq;
  };

  AdamW(TrainedTensors tensors, const AdamWOptions& options, const AdamWPlacement& placement = {});

  // One step with the gradients in the tensors' .grad(), each times `gradient_scale`; a tensor without one
  // is left alone.
  void step(double learning_rate, double gradient_scale = 1.0);
  int64_t steps() const { return steps_; }
  void set_steps(int64_t steps) { steps_ = steps; }
  Moments& moments(const std::string& name) { return moments_.at(name); }

 private:
  void step_tensor(const TrainedTensor& tensor, const kernels::cpu::AdamWStep& step);
  at::Tensor on_host(const at::Tensor& x, at::Tensor& buffer) const;

  TrainedTensors tensors_;
  AdamWOptions options_;
  AdamWPlacement placement_;
  at::Tensor host_value_, host_gradient_;  // offload: what is on its way, bytes
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
