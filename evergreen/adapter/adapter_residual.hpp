// A LoRA adapter as a residual that apply() adds (residual.hpp): one that evergreen extracted, or any other of PEFT's.
//
//   updated = new_base + scale * R,   R = scaling * B A    of a tensor that the adapter holds as a product
//                                     R = stored - base    of one that it holds whole: `base` is the model it was made for
//
// Numbers   R in float64, its products in order of the rank (matrix_product.hpp), whatever slices it is asked for in.
//           Tensors that the adapter does not hold have no residual.
// Memory    of each thread the factors of one matrix in float64, and 1 MiB of rows, or 8 of them where that is more.
// Errors    Error{input} naming both files for a module that the new base lacks (with the nearest name) or has in another
//           shape or without arithmetic, for a whole tensor without the base that it belongs to, for what adapter.hpp
//           refuses, and for NaN and infinity.
#pragma once

#include "evergreen/adapter/adapter.hpp"
#include "evergreen/residual/residual_source.hpp"

namespace evergreen {

class AdapterResidual : public ResidualSource {
 public:
  // `base`, which the adapter was made for, may be null if it holds nothing whole, or nothing that is asked for. All must
  // outlive this.
  AdapterResidual(const Adapter& adapter, const CheckpointReader& new_base,
                  const CheckpointReader* base = nullptr);
  ~AdapterResidual() override;

  std::optional<SourceTerm> find(const std::string& tensor) const override;
  std::vector<Role> inputs() const override;  // "adapter", and "base" if it is known

 private:
  const TensorInfo& base_tensor(const std::string& name, const TensorInfo& whole) const;

  const Adapter& adapter_;
  const CheckpointReader* base_;
  std::map<std::string, std::unique_ptr<ComputedTensor>> products_;  // by the model's tensor
};

// An adapter opened together with what it is added to; it keeps all of them.
std::shared_ptr<const ResidualSource> open_adapter(const fs::path& directory,
                                                   const std::shared_ptr<const CheckpointReader>& new_base,
                                                   const std::shared_ptr<const CheckpointReader>& base);

}  // namespace evergreen
