#include "evergreen/train/flat_unit.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>

namespace evergreen {

FlatUnit::FlatUnit(PlannedUnit plan, const TrainedTensors& tensors) : plan_(std::move(plan)) {
  const at::NoGradGuard no_grad;
  full_ = at::zeros({plan_.elements}, at::kFloat);
  for (size_t i = 0; i < plan_.tensors.size(); ++i) {
    at::Tensor tensor = tensors[plan_.tensors[i]].value;
    const at::Tensor view = full_.narrow(0, plan_.offsets[i], tensor.numel()).view(tensor.sizes());
    view.copy_(tensor);
    tensor.set_data(view);
    tensors_.push_back(std::move(tensor));
  }
}

at::Tensor FlatUnit::part(int rank, int ranks) const {
  const int64_t elements = plan_.elements / ranks;
  return full_.narrow(0, rank * elements, elements);
}

bool FlatUnit::present() const { return full_.storage().nbytes() > 0; }

void FlatUnit::release() {
  c10::StorageImpl* const storage = full_.storage().unsafeGetStorageImpl();
  storage->set_data_ptr_noswap(at::DataPtr(nullptr, full_.device()));
  storage->set_nbytes(0);
}

void FlatUnit::allocate() {
  const auto bytes = static_cast<size_t>(plan_.elements) * sizeof(float);
  c10::StorageImpl* const storage = full_.storage().unsafeGetStorageImpl();
  storage->set_data_ptr_noswap(c10::GetCPUAllocator()->allocate(bytes));
  storage->set_nbytes(bytes);
}

void FlatUnit::take_gradients() {
  const at::NoGradGuard no_grad;
  if (gradient_.defined()) {
    gradient_.zero_();
  } else {
    gradient_ = at::zeros({plan_.elements}, at::kFloat);
  }
  for (size_t i = 0; i < tensors_.size(); ++i) {
    tensors_[i].mutable_grad() =
        gradient_.narrow(0, plan_.offsets[i], tensors_[i].numel()).view(tensors_[i].sizes());
  }
}

void FlatUnit::drop_gradients() {
  for (const at::Tensor& tensor : tensors_) tensor.mutable_grad() = at::Tensor();
  gradient_ = at::Tensor();
}

at::Tensor FlatUnit::gradient_part(int rank, int ranks) const {
  const int64_t elements = plan_.elements / ranks;
  return gradient_.narrow(0, rank * elements, elements);
}

}  // namespace evergreen
