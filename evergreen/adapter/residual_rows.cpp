#include "evergreen/adapter/residual_rows.hpp"

#include <algorithm>

#include "evergreen/residual/element.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kSlice = uint64_t{1} << 17;  // elements: 1 MiB of float64
constexpr uint64_t kLeastRows = 48;             // fewer, and a product with them waits for memory

uint64_t bytes_of(const TensorInfo& tensor, uint64_t elements) {
  return elements * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8;
}

}  // namespace

void ResidualRows::throw_fault(const KernelFault& fault, uint64_t first) const {
  const bool in_base = fault.operand == 2;  // c0, a, b: none, instruct, base
  const CheckpointReader& reader = in_base ? *pair_.base : *pair_.instruct;
  const TensorInfo& tensor = in_base ? *pair_.base_tensor : *pair_.instruct_tensor;
  throw_not_finite(first + fault.element, tensor.name, tensor.shape, fault.value,
                   reader.shard_of(tensor).string());
}

void ResidualRows::stream(uint64_t step, const BytesFn& bytes_seen, const ValuesFn& values_seen,
                          KernelSums& sums) const {
  const uint64_t elements = pair_.base_tensor->elements();
  std::vector<std::byte> base, instruct;
  std::vector<double> residual(values_seen ? std::min(step, elements) : 0);
  for (uint64_t first = 0; first < elements; first += step) {
    throw_if_stopped(stop_, "extract");
    const uint64_t count = std::min(step, elements - first);
    base.resize(bytes_of(*pair_.base_tensor, count));
    instruct.resize(bytes_of(*pair_.instruct_tensor, count));
    pair_.base->read(*pair_.base_tensor, first, count, base);
    pair_.instruct->read(*pair_.instruct_tensor, first, count, instruct);
    if (bytes_seen) bytes_seen(base, instruct);
    const KernelTerm term = {1, {pair_.instruct_tensor->dtype, instruct}, {pair_.base_tensor->dtype, base}};
    const KernelInput input = {{}, std::span(&term, 1), count, Dtype::f64, false};
    const auto values = std::span(residual).first(values_seen ? count : 0);
    if (const auto fault = combine_slice(input, std::as_writable_bytes(values), sums))
      throw_fault(*fault, first);
    if (values_seen) values_seen(first, values);
  }
}

StreamedMatrix ResidualRows::matrix() const {
  const int64_t rows = pair_.base_tensor->shape.at(0), cols = pair_.base_tensor->shape.at(1);
  const auto width = static_cast<uint64_t>(cols);
  const uint64_t step = width * std::max(kLeastRows, kSlice / width);
  return {rows, cols, [this, cols, width, step](const RowsFn& rows_seen) {
            KernelSums unused;
            const auto pass_on = [&](uint64_t first, std::span<const double> values) {
              const auto count = static_cast<int64_t>(values.size() / width);
              rows_seen(static_cast<int64_t>(first / width), {values.data(), count, cols, cols, 1});
            };
            stream(step, {}, pass_on, unused);
          }};
}

KernelSums ResidualRows::measure(PairHashes& hashes) const {
  BlockHashStream base, instruct;
  KernelSums sums;
  const auto hash = [&](std::span<const std::byte> base_bytes, std::span<const std::byte> instruct_bytes) {
    base.update(base_bytes);
    instruct.update(instruct_bytes);
  };
  stream(kSlice, hash, {}, sums);
  hashes.base.add_blocks(pair_.base_tensor->name, 0, base.finish());
  // An output layer that is read from its embedding a second time was hashed the first time.
  const bool tied = pair_.instruct_tensor->name != pair_.base_tensor->name;
  if (!tied) hashes.instruct.add_blocks(pair_.instruct_tensor->name, 0, instruct.finish());
  return sums;
}

}  // namespace evergreen
