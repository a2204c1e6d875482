#include "evergreen/adapter/adapter_residual.hpp"

#include <fmt/format.h>

#include "evergreen/adapter/product_stream.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

class ProductTensor : public ComputedTensor {
 public:
  ProductTensor(const Adapter& adapter, const AdapterEntry& entry) : adapter_(adapter), entry_(entry) {}
  std::unique_ptr<Stream> open(uint64_t first) const override {
    return std::make_unique<ProductStream>(adapter_.load(entry_), first);
  }
  std::string file() const override { return adapter_.reader().path().string(); }

 private:
  const Adapter& adapter_;
  const AdapterEntry& entry_;
};

std::string both_files(const Adapter& adapter, const fs::path& other) {
  return fmt::format("{} and {}", adapter.reader().path().string(), other.string());
}

[[noreturn]] void throw_unknown(const Adapter& adapter, const CheckpointReader& new_base,
                                const std::string& name) {
  std::vector<std::string> names;
  for (const TensorInfo& tensor : new_base.tensors()) names.push_back(tensor.name);
  const std::string nearest = nearest_name(name, names);
  throw Error(ErrorKind::input,
              fmt::format("the adapter changes '{}', which the new base does not have", name),
              both_files(adapter, new_base.path()),
              nearest.empty() ? "pass a base model of the adapter's architecture"
                              : fmt::format("the nearest name there is '{}'", nearest));
}

void require_fitting(const Adapter& adapter, const CheckpointReader& new_base, const TensorInfo& tensor,
                     const AdapterEntry& entry) {
  const fs::path& file = new_base.shard_of(tensor);
  if (!has_arithmetic(tensor.dtype)) {
    throw Error(ErrorKind::input,
                fmt::format("the adapter changes '{}', which is {} in the new base", tensor.name,
                            dtype_name(tensor.dtype)),
                both_files(adapter, file), "use a new base that is not quantised");
  }
  const std::vector<int64_t> shape = adapter.shape(entry);
  if (shape == tensor.shape) return;
  throw Error(ErrorKind::input,
              fmt::format("'{}' is {} in the adapter and {} in the new base", tensor.name, shape_text(shape),
                          shape_text(tensor.shape)),
              both_files(adapter, file), "pass a base model of the adapter's architecture and size");
}

// An output layer that is tied to its embedding: peft stores both, and they are the same.
bool is_second_copy(const Adapter& adapter, const CheckpointReader& new_base, const std::string& name,
                    const AdapterEntry& entry) {
  const TensorInfo* tied = find_or_tied(new_base, name);
  if (tied == nullptr || entry.whole == nullptr) return false;
  const auto first = adapter.entries().find(tied->name);
  if (first == adapter.entries().end() || first->second.whole == nullptr) return false;
  const CheckpointReader& reader = adapter.reader();
  return reader.tensor_hash(*first->second.whole) == reader.tensor_hash(*entry.whole);
}

}  // namespace

AdapterResidual::AdapterResidual(const Adapter& adapter, const CheckpointReader& new_base,
                                 const CheckpointReader* base)
    : adapter_(adapter), base_(base) {
  for (const auto& [name, entry] : adapter.entries()) {
    const TensorInfo* tensor = new_base.find(name);
    if (tensor == nullptr) {
      if (!is_second_copy(adapter, new_base, name, entry)) throw_unknown(adapter, new_base, name);
      continue;
    }
    require_fitting(adapter, new_base, *tensor, entry);
    if (entry.whole == nullptr) products_[name] = std::make_unique<ProductTensor>(adapter, entry);
  }
}

AdapterResidual::~AdapterResidual() = default;

std::optional<SourceTerm> AdapterResidual::find(const std::string& tensor) const {
  if (const auto product = products_.find(tensor); product != products_.end())
    return SourceTerm{1, {}, {}, product->second.get()};
  const auto entry = adapter_.entries().find(tensor);
  if (entry == adapter_.entries().end()) return std::nullopt;
  const TensorInfo& whole = *entry->second.whole;
  const TensorInfo& base = base_tensor(tensor, whole);
  return SourceTerm{1, {&adapter_.reader(), &whole}, {base_, &base, base.name != tensor}};
}

const TensorInfo& AdapterResidual::base_tensor(const std::string& name, const TensorInfo& whole) const {
  if (base_ == nullptr) {
    const std::string made_for = adapter_.config().base_model;
    throw Error(
        ErrorKind::input,
        fmt::format("the adapter holds '{}' whole: a weight of its own model, not what was added to it",
                    name),
        adapter_.reader().path().string(),
        fmt::format("pass the model that the adapter was made for{} as --base",
                    made_for.empty() ? "" : " ('" + made_for + "')"));
  }
  const TensorInfo* tensor = find_or_tied(*base_, name);
  if (tensor == nullptr) tensor = &base_->get(name);  // throws, with the nearest name
  if (tensor->shape == whole.shape && has_arithmetic(tensor->dtype)) return *tensor;
  throw Error(ErrorKind::input,
              fmt::format("'{}' is {} {} in the adapter and {} {} in the base", name, dtype_name(whole.dtype),
                          shape_text(whole.shape), dtype_name(tensor->dtype), shape_text(tensor->shape)),
              both_files(adapter_, base_->shard_of(*tensor)), "pass the model that the adapter was made for");
}

std::shared_ptr<const ResidualSource> open_adapter(const fs::path& directory,
                                                   const std::shared_ptr<const CheckpointReader>& new_base,
                                                   const std::shared_ptr<const CheckpointReader>& base) {
  struct Opened {
    std::shared_ptr<const CheckpointReader> new_base, base;
    Adapter adapter;
    AdapterResidual residual;
    Opened(const fs::path& path, const std::shared_ptr<const CheckpointReader>& target,
           const std::shared_ptr<const CheckpointReader>& made_for)
        : new_base(target), base(made_for), adapter(path), residual(adapter, *new_base, base.get()) {}
  };
  const auto opened = std::make_shared<const Opened>(directory, new_base, base);
  return {opened, &opened->residual};
}

std::vector<Role> AdapterResidual::inputs() const {
  std::vector<Role> inputs = {{"adapter", &adapter_.reader(), adapter_.directory()}};
  if (base_ != nullptr) inputs.push_back({"base", base_});
  return inputs;
}

}  // namespace evergreen
