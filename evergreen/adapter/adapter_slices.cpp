#include "evergreen/adapter/adapter_slices.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kSlice = uint64_t{1} << 17;  // elements: 1 MiB of float64
constexpr uint64_t kLeastRows = 8;

std::span<const std::byte> read(const CheckpointReader& reader, const TensorInfo& tensor, uint64_t first,
                                uint64_t count, std::vector<std::byte>& buffer) {
  buffer.resize(count * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8);
  reader.read(tensor, first, count, buffer);
  return buffer;
}

bool is_product(const AdapterAddition& addition) {
  return addition.entry != nullptr && addition.entry->whole == nullptr;
}

}  // namespace

AdapterSlices::AdapterSlices(const AdapterInputs& inputs, const AdapterAddition& addition)
    : inputs_(inputs), addition_(addition), step_(kSlice) {
  if (!is_product(addition)) return;
  factors_ = inputs.adapter->load(*addition.entry);
  const auto width = static_cast<uint64_t>(factors_.right.cols());
  step_ = width * std::max(kLeastRows, kSlice / width);
}

AdapterSlices::Slice AdapterSlices::compute(uint64_t first, uint64_t count, KernelSums& sums) {
  const std::span<const std::byte> start =
      read(*inputs_.new_base, *addition_.tensor, first, count, new_base_);
  if (!has_arithmetic(addition_.tensor->dtype)) return {start, start};
  std::vector<KernelTerm> terms;
  if (addition_.entry != nullptr) terms.push_back(term(first, count));
  const Dtype dtype = addition_.output.dtype;
  if (!addition_.copied) updated_.resize(count * static_cast<uint64_t>(dtype_bits(dtype)) / 8);
  const KernelInput input = {{addition_.tensor->dtype, start}, terms, count, dtype, false};
  if (const auto fault = combine_slice(input, updated_, sums)) throw_fault(*fault, first);
  return {start, addition_.copied ? start : std::span<const std::byte>(updated_)};
}

KernelTerm AdapterSlices::term(uint64_t first, uint64_t count) {
  if (is_product(addition_)) return {addition_.scale, {Dtype::f64, product(first, count)}, {}};
  const TensorInfo &whole = *addition_.entry->whole, &base = *addition_.base_tensor;
  return {addition_.scale,
          {whole.dtype, read(inputs_.adapter->reader(), whole, first, count, stored_)},
          {base.dtype, read(*inputs_.base, base, first, count, base_)}};
}

std::span<const std::byte> AdapterSlices::product(uint64_t first, uint64_t count) {
  const int64_t width = factors_.right.cols();
  ConstMatrixView left = std::as_const(factors_.left).view();
  left.data = left.row(static_cast<int64_t>(first) / width);
  left.rows = static_cast<int64_t>(count) / width;
  product_.assign(count, 0);
  add_product(left, std::as_const(factors_.right).view(), {product_.data(), left.rows, width, width});
  for (double& value : product_) value *= factors_.scaling;
  return std::as_bytes(std::span(product_));
}

void AdapterSlices::throw_fault(const KernelFault& fault, uint64_t first) const {
  const std::string element =
      fmt::format("element {} of tensor '{}'", first + fault.element, addition_.tensor->name);
  if (fault.kind == KernelFault::Kind::too_large) {
    throw Error(ErrorKind::input,
                fmt::format("{} would be {}, which is too large for {}", element, fault.value,
                            dtype_name(addition_.output.dtype)),
                {}, "ask for an output dtype with a wider range");
  }
  const fs::path file = fault.operand == 0   ? inputs_.new_base->shard_of(*addition_.tensor)
                        : fault.operand == 1 ? inputs_.adapter->reader().path()
                                             : inputs_.base->shard_of(*addition_.base_tensor);
  throw Error(ErrorKind::input, fmt::format("{} is {}", element, fault.value), file.string(),
              "the file is damaged or its training diverged: use one without such values");
}

}  // namespace evergreen
