#include "evergreen/adapter/adapter_additions.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

std::string both_files(const AdapterInputs& inputs, const fs::path& other) {
  return fmt::format("{} and {}", inputs.adapter->reader().path().string(), other.string());
}

[[noreturn]] void throw_unknown(const AdapterInputs& inputs, const std::string& name) {
  std::vector<std::string> names;
  for (const TensorInfo& tensor : inputs.new_base->tensors()) names.push_back(tensor.name);
  const std::string nearest = nearest_name(name, names);
  throw Error(ErrorKind::input,
              fmt::format("the adapter changes '{}', which the new base does not have", name),
              both_files(inputs, inputs.new_base->path()),
              nearest.empty() ? "pass a base model of the adapter's architecture"
                              : fmt::format("the nearest name there is '{}'", nearest));
}

void require_fitting(const AdapterInputs& inputs, const TensorInfo& tensor, const AdapterEntry& entry) {
  const fs::path& file = inputs.new_base->shard_of(tensor);
  if (!has_arithmetic(tensor.dtype)) {
    throw Error(ErrorKind::input,
                fmt::format("the adapter changes '{}', which is {} in the new base", tensor.name,
                            dtype_name(tensor.dtype)),
                both_files(inputs, file), "use a new base that is not quantised");
  }
  const std::vector<int64_t> shape = inputs.adapter->shape(entry);
  if (shape == tensor.shape) return;
  throw Error(ErrorKind::input,
              fmt::format("'{}' is {} in the adapter and {} in the new base", tensor.name, shape_text(shape),
                          shape_text(tensor.shape)),
              both_files(inputs, file), "pass a base model of the adapter's architecture and size");
}

// An output layer that is tied to its embedding: peft stores both, and they are the same.
bool is_second_copy(const AdapterInputs& inputs, const std::string& name, const AdapterEntry& entry) {
  const TensorInfo* tied = find_or_tied(*inputs.new_base, name);
  if (tied == nullptr || entry.whole == nullptr) return false;
  const auto first = inputs.adapter->entries().find(tied->name);
  if (first == inputs.adapter->entries().end() || first->second.whole == nullptr) return false;
  const CheckpointReader& reader = inputs.adapter->reader();
  return reader.tensor_hash(*first->second.whole) == reader.tensor_hash(*entry.whole);
}

void require_known(const AdapterInputs& inputs) {
  for (const auto& [name, entry] : inputs.adapter->entries()) {
    const TensorInfo* tensor = inputs.new_base->find(name);
    if (tensor != nullptr) {
      require_fitting(inputs, *tensor, entry);
    } else if (!is_second_copy(inputs, name, entry)) {
      throw_unknown(inputs, name);
    }
  }
}

const TensorInfo* base_tensor_of(const AdapterInputs& inputs, const std::string& name,
                                 const AdapterEntry& entry) {
  if (entry.whole == nullptr) return nullptr;
  if (inputs.base == nullptr) {
    const std::string made_for = inputs.adapter->config().base_model;
    throw Error(
        ErrorKind::input,
        fmt::format("the adapter holds '{}' whole: a weight of its own model, not what was added to it",
                    name),
        inputs.adapter->reader().path().string(),
        fmt::format("pass the model that the adapter was made for{} as --base",
                    made_for.empty() ? "" : " ('" + made_for + "')"));
  }
  const TensorInfo* tensor = find_or_tied(*inputs.base, name);
  if (tensor == nullptr) (void)inputs.base->get(name);  // throws, with the nearest name
  if (tensor->shape == entry.whole->shape && has_arithmetic(tensor->dtype)) return tensor;
  throw Error(
      ErrorKind::input,
      fmt::format("'{}' is {} {} in the adapter and {} {} in the base", name, dtype_name(entry.whole->dtype),
                  shape_text(entry.whole->shape), dtype_name(tensor->dtype), shape_text(tensor->shape)),
      both_files(inputs, inputs.base->shard_of(*tensor)), "pass the model that the adapter was made for");
}

AdapterAddition plan_addition(const AdapterInputs& inputs, const TensorInfo& tensor, double scale,
                              std::optional<Dtype> dtype) {
  if (!std::isfinite(scale)) {
    throw Error(ErrorKind::usage,
                fmt::format("the scale {} of tensor '{}' is not a finite number", scale, tensor.name));
  }
  AdapterAddition addition;
  const bool carried = !has_arithmetic(tensor.dtype);
  addition.tensor = &tensor;
  addition.scale = scale;
  addition.output = {tensor.name, carried ? tensor.dtype : dtype.value_or(tensor.dtype), tensor.shape};
  const auto found = inputs.adapter->entries().find(tensor.name);
  if (found != inputs.adapter->entries().end() && scale != 0) {
    addition.entry = &found->second;
    addition.base_tensor = base_tensor_of(inputs, tensor.name, found->second);
  }
  addition.copied = addition.entry == nullptr && addition.output.dtype == tensor.dtype;
  return addition;
}

}  // namespace

std::vector<AdapterAddition> plan_additions(const AdapterInputs& inputs, const ScaleRule& scale,
                                            std::optional<Dtype> dtype) {
  require_known(inputs);
  std::vector<AdapterAddition> additions;
  for (const TensorInfo& tensor : inputs.new_base->tensors()) {
    additions.push_back(plan_addition(inputs, tensor, scale ? scale(tensor.name) : 1, dtype));
  }
  return additions;
}

}  // namespace evergreen
