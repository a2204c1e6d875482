// R = instruct - base of one tensor, streaming by in float64 as often as asked and never in memory as a whole.
//
// Numbers   residual_kernel.hpp, without a rounding at the end.
// Memory    three buffers of 1 MiB, or of 48 rows where that is more.
// Errors    Error{input} naming tensor, element and file for NaN and infinity.
#pragma once

#include "evergreen/adapter/randomized_svd.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/residual/residual_kernel.hpp"

namespace evergreen {

// One tensor of both models. The two may differ in dtype, not in shape.
struct TensorPair {
  const CheckpointReader* base = nullptr;
  const TensorInfo* base_tensor = nullptr;
  const CheckpointReader* instruct = nullptr;
  const TensorInfo* instruct_tensor = nullptr;
};

// Of the two checkpoints, filled by what streams by.
struct PairHashes {
  ContentHash base, instruct;
};

class ResidualRows {
 public:
  explicit ResidualRows(const TensorPair& pair, const StopFlag* stop = nullptr) : pair_(pair), stop_(stop) {}

  // R, of a tensor with two axes. It refers to this object.
  StreamedMatrix matrix() const;
  // |R|^2 and |base|^2 of a tensor of any shape; `hashes` gets its elements, once.
  KernelSums measure(PairHashes& hashes) const;

 private:
  using BytesFn = std::function<void(std::span<const std::byte> base, std::span<const std::byte> instruct)>;
  using ValuesFn = std::function<void(uint64_t first, std::span<const double> values)>;
  // From the first element to the last, `step` at a time: bytes of both, then R's values. Either function may be empty.
  void stream(uint64_t step, const BytesFn& bytes_seen, const ValuesFn& values_seen, KernelSums& sums) const;
  [[noreturn]] void throw_fault(const KernelFault& fault, uint64_t first) const;

  TensorPair pair_;
  const StopFlag* stop_;
};

}  // namespace evergreen
