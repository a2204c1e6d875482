// A LoRA adapter of PEFT as a residual: what it adds to which tensor of a model.
//
//   low rank   R = scaling * left right        B A, or (B A)^T where the weights are stored the other way round
//   whole      R = stored - base               a module kept whole is a weight and no difference: it needs its base
//
// Errors    Error{input} for an adapter without safetensors, for half a product, for factors whose ranks differ, and for
//           all that adapter_config.hpp refuses.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "evergreen/adapter/adapter_config.hpp"
#include "evergreen/adapter/matrix_product.hpp"
#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

// left [rows, r] right [r, cols], in float64.
struct Factors {
  Matrix left, right;
  double scaling = 1;
};

struct AdapterEntry {
  const TensorInfo* a = nullptr;  // null: whole
  const TensorInfo* b = nullptr;
  const TensorInfo* whole = nullptr;
  bool transposed = false;
  double scaling = 1;
};

class Adapter {
 public:
  explicit Adapter(const fs::path& directory);

  const fs::path& directory() const { return directory_; }
  const AdapterConfig& config() const { return config_; }
  const CheckpointReader& reader() const { return reader_; }
  const std::map<std::string, AdapterEntry>& entries() const { return entries_; }  // by the model's tensor

  // Shape of the R that an entry adds.
  std::vector<int64_t> shape(const AdapterEntry& entry) const;
  // Of an entry of low rank; Error{input} for NaN and infinity.
  Factors load(const AdapterEntry& entry) const;

 private:
  void add(const TensorInfo& tensor);
  void complete(const std::string& tensor, AdapterEntry& entry) const;

  fs::path directory_;
  AdapterConfig config_;
  CheckpointReader reader_;
  std::map<std::string, AdapterEntry> entries_;
};

}  // namespace evergreen
