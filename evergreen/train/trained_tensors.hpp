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
  at::Tensor value;      // float32 or bfloat16, a leaf that requires a gradient
  bool decayed = false;  // by weight decay: matrices are, norms and biases are not
  int64_t block = -1;    // ParameterInfo::block; -1 also for what belongs to no layer
  // Of a rank that owns only elements [first, first + value.numel()) of the tensor, flat: the shape of the whole.
  std::vector<int64_t> whole_shape = {};
  int64_t first = 0;

  std::vector<int64_t> shape() const { return whole_shape.empty() ? value.sizes().vec() : whole_shape; }
};
using TrainedTensors = std::vector<TrainedTensor>;

// All parameters, in the table's order; they require gradients from now on.
TrainedTensors all_parameters(Parameters& parameters);

void drop_gradients(const TrainedTensors& tensors);

}  // namespace evergreen
