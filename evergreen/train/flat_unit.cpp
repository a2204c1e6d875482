#include "evergreen/train/flat_unit.hpp"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "evergreen/model/huge_pages.hpp"

namespace evergreen {
namespace {

// On a CPU in huge pages, which it must be told before it is touched: matrix products go through all of it several times a step.
at::Tensor zeros(int64_t elements, const at::TensorOptions& options) {
  const at::Tensor flat = at::empty({elements}, options);
  if (flat.is_cpu()) prefer_huge_pages(flat.mutable_data_ptr(), flat.nbytes());
  return flat.zero_();
}

void give_back(const at::Tensor& flat) {
  c10::StorageImpl* const storage = flat.storage().unsafeGetStorageImpl();
  storage->set_data_ptr_noswap(at::DataPtr(nullptr, flat.device()));
  storage->set_nbytes(0);
}

}  // namespace

FlatUnit::FlatUnit(PlannedUnit plan, const TrainedTensors& tensors, at::ScalarType computed)
    : plan_(std::move(plan)) {
  const at::NoGradGuard no_grad;
  const at::TensorOptions options =
      tensors[plan_.tensors.front()].value.options().requires_grad(std::nullopt);
  full_ = zeros(plan_.elements, options);
  if (computed != full_.scalar_type()) copies_ = zeros(plan_.elements, options.dtype(computed));
  for (size_t i = 0; i < plan_.tensors.size(); ++i) {
    at::Tensor tensor = tensors[plan_.tensors[i]].value;
    const at::Tensor view = full_.narrow(0, plan_.offsets[i], tensor.numel()).view(tensor.sizes());
    view.copy_(tensor);
    tensor.set_data(view);
    if (has_copies()) {  // now: later there may be no memory under them
      copies_of_.push_back(copies_.narrow(0, plan_.offsets[i], tensor.numel()).view(tensor.sizes()));
    }
    tensors_.push_back(std::move(tensor));
  }
}

at::Tensor part_of_flat(const at::Tensor& flat, int rank, int ranks) {
  const int64_t elements = flat.numel() / ranks;
  return flat.narrow(0, rank * elements, elements);
}

at::Tensor FlatUnit::computed_of(size_t tensor) const {
  const auto at = static_cast<size_t>(std::find(plan_.tensors.begin(), plan_.tensors.end(), tensor) -
                                      plan_.tensors.begin());
  return has_copies() ? copies_of_.at(at) : tensors_.at(at);
}

void FlatUnit::copy_trained() { copies_.copy_(full_); }

bool FlatUnit::present() const { return computed().storage().nbytes() > 0; }

void FlatUnit::drop_trained() { give_back(full_); }
void FlatUnit::release() { give_back(computed()); }

void FlatUnit::allocate() {
  c10::StorageImpl* const storage = computed().storage().unsafeGetStorageImpl();
  const size_t bytes = static_cast<size_t>(plan_.elements) * computed().element_size();
  storage->set_data_ptr_noswap(storage->allocator()->allocate(bytes));
  storage->set_nbytes(bytes);
}

void FlatUnit::take_gradients() {
  const at::NoGradGuard no_grad;
  if (gradient_.defined()) {
    gradient_.zero_();
  } else {
    gradient_ = zeros(plan_.elements, full_.options());
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

}  // namespace evergreen
