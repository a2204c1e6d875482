// One tensor of the new base and what an adapter adds to it, computed slice by slice.
#pragma once

#include "evergreen/adapter/adapter_additions.hpp"

namespace evergreen {

class AdapterSlices {
 public:
  AdapterSlices(const AdapterInputs& inputs, const AdapterAddition& addition);

  uint64_t step() const { return step_; }  // elements of a slice; of a product whole rows

  // Elements [first, first + count), where `first` is a multiple of step(). Valid until the next call.
  struct Slice {
    std::span<const std::byte> new_base, updated;
  };
  Slice compute(uint64_t first, uint64_t count, KernelSums& sums);

 private:
  KernelTerm term(uint64_t first, uint64_t count);
  std::span<const std::byte> product(uint64_t first, uint64_t count);
  [[noreturn]] void throw_fault(const KernelFault& fault, uint64_t first) const;

  const AdapterInputs& inputs_;
  const AdapterAddition& addition_;
  Factors factors_;  // empty but for a product
  uint64_t step_;
  std::vector<std::byte> new_base_, stored_, base_, updated_;
  std::vector<double> product_;
};

}  // namespace evergreen
