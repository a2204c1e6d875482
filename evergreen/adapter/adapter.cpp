#include "evergreen/adapter/adapter.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/residual/element.hpp"

namespace evergreen {
namespace {

fs::path weights_of(const fs::path& directory) {
  const fs::path weights = directory / kAdapterWeightsFile;
  std::error_code failed;
  if (fs::exists(weights, failed)) return weights;
  throw Error(
      ErrorKind::input, fmt::format("the adapter has no {}", kAdapterWeightsFile), directory.string(),
      "pickled weights (adapter_model.bin) are never opened: load the adapter with peft and save it again");
}

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

Matrix load_matrix(const CheckpointReader& reader, const TensorInfo& tensor, bool transposed) {
  const int64_t rows = tensor.shape[0], cols = tensor.shape[1];
  Matrix stored(rows, cols);
  decode(tensor.dtype, reader.read_all(tensor), stored.values());
  for (size_t i = 0; i < stored.values().size(); ++i) {
    if (std::isfinite(stored.values()[i])) continue;
    throw_not_finite(i, tensor.name, tensor.shape, stored.values()[i], reader.shard_of(tensor).string());
  }
  if (!transposed) return stored;
  Matrix turned(cols, rows);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < cols; ++j) turned(j, i) = stored(i, j);
  }
  return turned;
}

}  // namespace

Adapter::Adapter(const fs::path& directory)
    : directory_(directory), config_(read_adapter_config(directory)), reader_(weights_of(directory)) {
  for (const TensorInfo& tensor : reader_.tensors()) add(tensor);
  for (auto& [tensor, entry] : entries_) complete(tensor, entry);
}

void Adapter::add(const TensorInfo& tensor) {
  const std::string where = reader_.shard_of(tensor).string();
  const AdapterName name = parse_adapter_name(tensor.name, where);
  if (!has_arithmetic(tensor.dtype)) {
    throw Error(ErrorKind::input, fmt::format("tensor '{}' is {}", tensor.name, dtype_name(tensor.dtype)),
                where, "use an adapter in F16, BF16, F32 or F64");
  }
  if (name.part == AdapterPart::frozen) return;
  if (name.part == AdapterPart::whole) {
    entries_[name.name].whole = &tensor;
    return;
  }
  const bool embedding = name.part == AdapterPart::embedding_a || name.part == AdapterPart::embedding_b;
  AdapterEntry& entry = entries_[name.name + ".weight"];
  entry.transposed = embedding || config_.fan_in_fan_out;
  const bool first = name.part == AdapterPart::lora_a || name.part == AdapterPart::embedding_a;
  (first ? entry.a : entry.b) = &tensor;
}

void Adapter::complete(const std::string& tensor, AdapterEntry& entry) const {
  const std::string where = reader_.path().string();
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::input, fmt::format("the adapter's '{}' {}", module_of(tensor), what), where,
                "the file is damaged or was put together by hand: save the adapter again with peft");
  };
  if (entry.whole != nullptr) {
    if (entry.a != nullptr || entry.b != nullptr) fail("is there both whole and as a product");
    return;
  }
  if (entry.a == nullptr || entry.b == nullptr) fail(entry.a == nullptr ? "has no lora_A" : "has no lora_B");
  if (entry.a->shape.size() != 2 || entry.b->shape.size() != 2 || entry.a->shape[0] != entry.b->shape[1]) {
    fail(fmt::format("has factors that do not fit: lora_A {} and lora_B {}", shape_text(entry.a->shape),
                     shape_text(entry.b->shape)));
  }
  entry.scaling = adapter_scaling(config_, module_of(tensor), entry.a->shape[0],
                                  (directory_ / kAdapterConfigFile).string());
}

std::vector<int64_t> Adapter::shape(const AdapterEntry& entry) const {
  if (entry.whole != nullptr) return entry.whole->shape;
  const int64_t in = entry.a->shape[1], out = entry.b->shape[0];
  return entry.transposed ? std::vector{in, out} : std::vector{out, in};
}

Factors Adapter::load(const AdapterEntry& entry) const {
  if (entry.transposed)
    return {load_matrix(reader_, *entry.a, true), load_matrix(reader_, *entry.b, true), entry.scaling};
  return {load_matrix(reader_, *entry.b, false), load_matrix(reader_, *entry.a, false), entry.scaling};
}

}  // namespace evergreen
