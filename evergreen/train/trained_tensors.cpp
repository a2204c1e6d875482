#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

TrainedTensors all_parameters(Parameters& parameters) {
  parameters.requires_grad(true);
  TrainedTensors all;
  for (const ParameterInfo& info : parameters.table()) {
    all.push_back({info.name, parameters.at(info.name), info.weight_decay, info.block});
  }
  return all;
}

void drop_gradients(const TrainedTensors& tensors) {
  for (const TrainedTensor& tensor : tensors) tensor.value.mutable_grad() = at::Tensor();
}

}  // namespace evergreen
