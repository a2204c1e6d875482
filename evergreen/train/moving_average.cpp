#include "evergreen/train/moving_average.hpp"

#include <ATen/ATen.h>

namespace evergreen {

MovingAverage::MovingAverage(const TrainedTensors& tensors, double decay) : tensors_(tensors), decay_(decay) {
  for (const TrainedTensor& tensor : tensors)
    averages_.push_back({tensor.name,
                         tensor.value.detach().to(at::kFloat, /*non_blocking=*/false, /*copy=*/true),
                         tensor.decayed, tensor.block, tensor.whole_shape, tensor.first});
}

void MovingAverage::add() {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < tensors_.size(); ++i)
    averages_[i].value.lerp_(tensors_[i].value.to(at::kFloat), 1 - decay_);
}

void MovingAverage::copy_to_weights() const {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < tensors_.size(); ++i) tensors_[i].value.copy_(averages_[i].value);
}

}  // namespace evergreen
