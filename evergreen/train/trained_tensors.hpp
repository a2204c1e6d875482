// What a run trains: all parameters of a model, or the low-rank matrices beside them. Optimiser, clipping, moving average and saved
// states know nothing else.
#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/model/parameters.hpp"

namespace evergreen {

struct TrainedTensor {
  std::string name;      // Hugging Face's
  at::Tensor value;      // float32, a leaf that requires a gradient
  bool decayed = false;  // by weight decay: matrices are, norms and biases are not
};
using TrainedTensors = std::vector<TrainedTensor>;

// All parameters, in the table's order; they require gradients from now on.
TrainedTensors all_parameters(Parameters& parameters);

void drop_gradients(const TrainedTensors& tensors);

}  // namespace evergreen
