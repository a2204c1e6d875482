#include "evergreen/train/compute_weights.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace evergreen {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// The copy as a function of the weight it was made from.
struct NarrowCopy : torch::autograd::Function<NarrowCopy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& trained, const at::Tensor& narrow) {
    context->save_for_backward({trained});
    return narrow.variable_data();  // the same memory, which is filled anew where it was given back meanwhile
  }

  // Added in place where there is a gradient already: autograd gets none then, and its node is told all the same.
  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const at::Tensor trained = context->get_saved_variables()[0];
    if (!trained.grad().defined()) return {upstream[0].to(trained.scalar_type()), {}};
    trained.mutable_grad().add_(upstream[0]);
    return {at::Tensor(), {}};
  }
};

}  // namespace

ComputeWeights::ComputeWeights(Decoder& decoder, const TrainedTensors& trained, at::ScalarType type)
    : decoder_(decoder),
      own_(std::in_place, decoder.config(),
           trained.front().value.options().dtype(type).requires_grad(false)) {
  for (const TrainedTensor& tensor : trained)
    blocks_[tensor.block].push_back({tensor, own_->at(tensor.name)});
}

ComputeWeights::ComputeWeights(Decoder& decoder, ParallelTraining& parallel)
    : decoder_(decoder), parallel_(&parallel) {
  for (const TrainedTensor& tensor : parallel.all())
    blocks_[tensor.block].push_back({tensor, parallel.computed(tensor.name), false});
}

ComputeWeights::~ComputeWeights() {
  for (const auto& [block, copies] : blocks_) {
    for (const Copy& copy : copies) decoder_.parameters().set(copy.trained.name, copy.trained.value);
  }
}

void ComputeWeights::updated() {
  if (parallel_ != nullptr) return;
  for (auto& [block, copies] : blocks_) {
    for (Copy& copy : copies) copy.stale = true;
  }
}

void ComputeWeights::enter(int64_t block) {
  if (parallel_ != nullptr) parallel_->enter(block);
  for (Copy& copy : blocks_[block]) {
    if (copy.stale) {
      const at::NoGradGuard no_grad;
      copy.narrow.copy_(copy.trained.value);
      copy.stale = false;
    }
    decoder_.parameters().set(copy.trained.name, NarrowCopy::apply(copy.trained.value, copy.narrow));
  }
}

void ComputeWeights::leave(int64_t block, const at::Tensor& output) {
  if (parallel_ != nullptr) parallel_->leave(block, output);
}

}  // namespace evergreen
