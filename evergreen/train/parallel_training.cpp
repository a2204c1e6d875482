#include "evergreen/train/parallel_training.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/utils/lambda_post_hook.h>
#include <torch/csrc/autograd/variable.h>

#include "evergreen/base/error.hpp"
#include "evergreen/train/adamw.hpp"

namespace evergreen {
namespace {

// Tensors that share memory (projections of the same input) stay one behind the other, as one matrix product wants them.
TrainedTensors neighbours_together(const TrainedTensors& tensors) {
  TrainedTensors ordered;
  std::vector<bool> placed(tensors.size(), false);
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (placed[i]) continue;
    const auto begin = static_cast<std::ptrdiff_t>(ordered.size());
    for (size_t j = i; j < tensors.size(); ++j) {
      if (placed[j] || !tensors[j].value.is_alias_of(tensors[i].value)) continue;
      placed[j] = true;
      ordered.push_back(tensors[j]);
    }
    std::sort(ordered.begin() + begin, ordered.end(), [](const TrainedTensor& a, const TrainedTensor& b) {
      return a.value.storage_offset() < b.value.storage_offset();
    });
  }
  return ordered;
}

std::vector<PlannedTensor> planned(const TrainedTensors& tensors) {
  std::vector<PlannedTensor> all;
  for (const TrainedTensor& tensor : tensors)
    all.push_back({tensor.name, tensor.value.numel(), tensor.block});
  return all;
}

}  // namespace

ParallelTraining::ParallelTraining(ProcessGroups& groups, ParallelMode mode, const TrainedTensors& tensors,
                                   int64_t layers, at::ScalarType computed)
    : groups_(groups), mode_(mode), tensors_(neighbours_together(tensors)), layers_(layers) {
  const at::NoGradGuard no_grad;
  if (mode != ParallelMode::ddp) ranks_ = groups.shard().size(), rank_ = groups.shard().rank();
  const ShardingPlan plan(planned(tensors_), ranks_);
  for (const PlannedUnit& unit : plan.units())
    units_.push_back(std::make_unique<FlatUnit>(unit, tensors_, computed));
  own_ranges(plan);
  hear_of_gradients();
}

ParallelTraining::~ParallelTraining() {
  for (const auto& [node, key] : accumulators_) node->del_post_hook(key);
}

void ParallelTraining::own_ranges(const ShardingPlan& plan) {
  if (mode_ == ParallelMode::ddp) {
    owned_ = tensors_;
    return;
  }
  for (const auto& unit : units_) {
    at::Tensor shard = part_of_flat(unit->trained(), rank_, ranks_);
    if (sharded_trained()) {
      shard = shard.clone();
      unit->drop_trained();
    }
    if (sharded_weights()) unit->release();
    for (const OwnedRange& range : plan.owned(unit->plan(), rank_)) {
      const TrainedTensor& whole = tensors_[range.tensor];
      owned_.push_back({whole.name, shard.narrow(0, range.offset, range.count), whole.decayed, whole.block,
                        whole.value.sizes().vec(), range.first});
    }
    shards_.push_back(std::move(shard));
  }
  shard_gradients_.resize(units_.size());
}

// A kernel may add to a gradient in place and hand autograd nothing: the hook of the node that gathers it runs all the same.
void ParallelTraining::hear_of_gradients() {
  for (const auto& unit : units_) {
    for (const size_t index : unit->plan().tensors) {
      auto node = torch::autograd::impl::grad_accumulator(tensors_[index].value);
      const uintptr_t key = node->add_post_hook(std::make_unique<torch::autograd::utils::LambdaPostHook>(
          [this, each = unit.get()](const torch::autograd::variable_list& outputs,
                                    const torch::autograd::variable_list&) {
            gradient_arrived(*each);
            return outputs;
          }));
      accumulators_.emplace_back(std::move(node), key);
    }
  }
}

at::Tensor ParallelTraining::computed(const std::string& name) const {
  for (const auto& unit : units_) {
    for (const size_t index : unit->plan().tensors) {
      if (tensors_[index].name == name) return unit->computed_of(index);
    }
  }
  throw Error(ErrorKind::internal, "no unit holds '" + name + "'");
}

FlatUnit* ParallelTraining::unit_of(int64_t block) {
  for (const auto& unit : units_) {
    if (unit->block() == block) return unit.get();
  }
  return nullptr;
}

void ParallelTraining::gather(FlatUnit* unit) {
  if (unit == nullptr || !sharded_weights() || unit->present()) return;
  const auto index = static_cast<size_t>(
      std::find_if(units_.begin(), units_.end(), [&](const auto& each) { return each.get() == unit; }) -
      units_.begin());
  unit->allocate();
  part_of_flat(unit->computed(), rank_, ranks_).copy_(shards_[index]);
  unit->gathering = groups_.shard().all_gather(unit->computed());
}

// The unit's weights are whole when this returns.
void ParallelTraining::use(FlatUnit& unit) {
  const at::NoGradGuard no_grad;
  gather(&unit);
  unit.gathering.wait();
  unit.gathering = {};
  if (mode_ == ParallelMode::ddp && unit.has_copies() && unit.stale) unit.copy_trained();
  unit.stale = false;
}

void ParallelTraining::begin_pass(bool training) {
  const at::NoGradGuard no_grad;
  training_ = training, backward_ = false;
  for (const auto& unit : units_) {
    if (!is_layer(*unit)) gather(unit.get());
  }
  if (layers_ > 0) gather(unit_of(0));
  for (const auto& unit : units_) {
    if (!is_layer(*unit)) use(*unit);
  }
}

void ParallelTraining::end_pass() {
  if (!sharded_weights()) return;
  for (const auto& unit : units_) {
    unit->gathering.wait();
    unit->gathering = {};
    unit->release();
  }
}

void ParallelTraining::enter(int64_t block) {
  FlatUnit* const unit = unit_of(block);
  if (unit == nullptr || !is_layer(*unit)) return;
  if (backward_) {
    come_back(*unit);
    return;
  }
  const at::NoGradGuard no_grad;
  gather(unit);
  if (block + 1 < layers_) gather(unit_of(block + 1));
  use(*unit);
}

void ParallelTraining::leave(int64_t block, const at::Tensor& output) {
  FlatUnit* const unit = unit_of(block);
  if (unit == nullptr || !sharded_weights() || !is_layer(*unit) || backward_) return;
  const bool comes_back_at_once = training_ && block + 1 == layers_;
  if (!comes_back_at_once) unit->release();
  if (output.requires_grad()) {
    output.register_hook([this, unit](const at::Tensor&) { come_back(*unit); });
  }
}

void ParallelTraining::begin_backward(bool first_of_step, bool last_of_step) {
  const at::NoGradGuard no_grad;
  backward_ = true, last_of_step_ = last_of_step, complete_ = 0;
  for (size_t i = 0; i < units_.size(); ++i) {
    units_[i]->arrived = 0;
    if (sharded_weights()) {
      if (!is_layer(*units_[i])) prepare_gradients(*units_[i]);
      if (first_of_step) shard_gradients_[i] = at::zeros_like(shards_[i]);
    } else if (first_of_step) {
      units_[i]->take_gradients();
    }
  }
}

void ParallelTraining::come_back(FlatUnit& unit) {
  const at::NoGradGuard no_grad;
  gather(&unit);
  if (unit.block() > 0) gather(unit_of(unit.block() - 1));
  use(unit);
  prepare_gradients(unit);
}

void ParallelTraining::prepare_gradients(FlatUnit& unit) {
  if (!sharded_weights() || unit.gradient().defined()) return;
  // No more than two layers' whole gradients at a time, however slow the connection.
  if (FlatUnit* const before = unit_of(unit.block() + 2); before != nullptr && is_layer(*before))
    before->reducing.wait();
  unit.take_gradients();
}

void ParallelTraining::gradient_arrived(FlatUnit& unit) {
  if (++unit.arrived < unit.plan().tensors.size()) return;
  // From the last unit on, whatever the order in which they are complete: all ranks communicate in the same order.
  while (complete_ < units_.size()) {
    const size_t index = units_.size() - 1 - complete_;
    if (units_[index]->arrived < units_[index]->plan().tensors.size()) return;
    ++complete_;
    reduce(index);
  }
}

void ParallelTraining::reduce(size_t index) {
  FlatUnit& unit = *units_[index];
  if (!sharded_weights()) {
    if (!last_of_step_) return;
    unit.reducing = mode_ == ParallelMode::ddp ? groups_.world().all_reduce(unit.gradient())
                                               : groups_.shard().reduce_scatter(unit.gradient());
    return;
  }
  groups_.shard().reduce_scatter(unit.gradient());
  unit.reducing =
      groups_.run([part = part_of_flat(unit.gradient(), rank_, ranks_), sum = shard_gradients_[index]] {
        const at::NoGradGuard no_grad;
        sum.add_(part);
      });
  if (last_of_step_ && groups_.replicate().size() > 1)
    unit.reducing = groups_.replicate().all_reduce(shard_gradients_[index]);
  unit.drop_gradients();
  unit.release();
}

void ParallelTraining::finish_backward() {
  for (const auto& unit : units_) {
    if (unit->arrived < unit->plan().tensors.size()) {
      throw Error(ErrorKind::internal,
                  "a tensor of '" + tensors_[unit->plan().tensors.front()].name + "'s block got no gradient");
    }
    unit->reducing.wait();
    unit->reducing = {};
  }
  backward_ = false;
  if (!last_of_step_ || mode_ == ParallelMode::ddp) return;
  if (mode_ == ParallelMode::zero1) {
    for (size_t i = 0; i < units_.size(); ++i)
      shard_gradients_[i] = part_of_flat(units_[i]->gradient(), rank_, ranks_);
  }
  // Ranges of owned() are views of the shards: their gradients lie at the same place.
  size_t unit = 0;
  for (const TrainedTensor& tensor : owned_) {
    while (!tensor.value.is_alias_of(shards_[unit])) ++unit;
    const int64_t offset = tensor.value.storage_offset() - shards_[unit].storage_offset();
    tensor.value.mutable_grad() = shard_gradients_[unit].narrow(0, offset, tensor.value.numel());
  }
}

double ParallelTraining::gradient_norm() {
  const double norm = evergreen::gradient_norm(owned_);
  return mode_ == ParallelMode::ddp ? norm : std::sqrt(groups_.shard().sum({norm * norm}).front());
}

void ParallelTraining::updated() {
  for (const auto& unit : units_) unit->stale = true;
  if (mode_ != ParallelMode::zero1) return;
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < units_.size(); ++i) {
    FlatUnit& unit = *units_[i];
    if (unit.has_copies()) part_of_flat(unit.computed(), rank_, ranks_).copy_(shards_[i]);
    unit.gathering = groups_.shard().all_gather(unit.computed());
  }
}

void ParallelTraining::settle() {
  for (const auto& unit : units_) {
    unit->gathering.wait();
    unit->gathering = {};
  }
}

}  // namespace evergreen
