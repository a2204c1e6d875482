#include "evergreen/residual/residual_kernel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

namespace evergreen {
namespace {

constexpr size_t kChunk = 512;  // elements at a time: what is decoded stays in the first-level cache
using Chunk = std::array<double, kChunk>;
using ChunkBytes = std::array<std::byte, kChunk * sizeof(double)>;

size_t element_bytes(Dtype dtype) { return static_cast<size_t>(dtype_bits(dtype)) / 8; }

// The least magnitude that rounds to infinity.
double overflow_threshold(Dtype dtype) {
  switch (dtype) {
    case Dtype::f16:
      return 65520;
    case Dtype::bf16:
      return 0x1.ffp127;
    case Dtype::f32:
      return 0x1.ffffffp127;
    default:
      return std::numeric_limits<double>::infinity();
  }
}

// One chunk of the slice after the other, with the buffers they share.
class ChunkLoop {
 public:
  ChunkLoop(const KernelInput& input, std::span<std::byte> out, KernelSums& sums)
      : input_(input), out_(out), sums_(sums), threshold_(overflow_threshold(input.out_dtype)) {}

  std::optional<KernelFault> run() {
    for (first_ = 0; first_ < input_.elements; first_ += kChunk) {
      count_ = static_cast<size_t>(std::min<uint64_t>(kChunk, input_.elements - first_));
      if (!combine() || !store()) return fault_;
      add_norms();
      if (input_.measure_loss) add_loss();
    }
    return std::nullopt;
  }

 private:
  bool load(const Operand& operand, int number, Chunk& values) {
    const size_t size = element_bytes(operand.dtype);
    decode(operand.dtype, operand.bytes.subspan(first_ * size, count_ * size),
           std::span(values).first(count_));
    for (size_t i = 0; i < count_; ++i) {
      if (std::isfinite(values[i])) continue;
      fault_ = {KernelFault::Kind::not_finite, first_ + i, number, values[i]};
      return false;
    }
    return true;
  }

  bool combine() {
    bool started = !input_.c0.bytes.empty();
    if (started && !load(input_.c0, 0, sum_)) return false;
    if (started) {
      base_ = sum_;
    } else {
      base_.fill(0);
    }
    added_.fill(0);
    for (size_t k = 0; k < input_.terms.size(); ++k) {
      const KernelTerm& term = input_.terms[k];
      const int number = 1 + 2 * static_cast<int>(k);
      if (!load(term.a, number, difference_)) return false;
      if (!term.b.bytes.empty()) {
        if (!load(term.b, number + 1, subtrahend_)) return false;
        for (size_t i = 0; i < count_; ++i) difference_[i] = difference_[i] - subtrahend_[i];
        if (k == 0) base_ = subtrahend_;
      }
      for (size_t i = 0; i < count_; ++i) {
        const double p = term.scale * difference_[i];
        sum_[i] = started ? sum_[i] + p : p;
        added_[i] = added_[i] + p;
      }
      started = true;
    }
    return true;
  }

  bool store() {
    for (size_t i = 0; i < count_; ++i) {
      if (std::fabs(sum_[i]) < threshold_) continue;
      fault_ = {KernelFault::Kind::too_large, first_ + i, 0, sum_[i]};
      return false;
    }
    if (out_.empty()) return true;
    const size_t size = element_bytes(input_.out_dtype);
    encode(input_.out_dtype, std::span(sum_).first(count_), out_.subspan(first_ * size, count_ * size));
    return true;
  }

  void add_norms() {
    for (size_t i = 0; i < count_; ++i) {
      sums_.added_squares += added_[i] * added_[i];
      sums_.base_squares += base_[i] * base_[i];
    }
  }

  // sum_ holds the exact difference here, base_ what it would be added to.
  void add_loss() {
    Chunk stored;
    round_to(input_.out_dtype, sum_, stored);
    const Dtype base_dtype = input_.terms.front().b.dtype;
    Chunk from_exact, from_stored;
    for (size_t i = 0; i < count_; ++i) {
      const double loss = stored[i] - sum_[i];
      sums_.loss_squares += loss * loss;
      sums_.loss_max = std::max(sums_.loss_max, std::fabs(loss));
      from_exact[i] = base_[i] + sum_[i];
      from_stored[i] = base_[i] + stored[i];
    }
    round_to(base_dtype, from_exact, from_exact);
    round_to(base_dtype, from_stored, from_stored);
    for (size_t i = 0; i < count_; ++i) sums_.changed += from_exact[i] == from_stored[i] ? 0 : 1;
  }

  void round_to(Dtype dtype, const Chunk& values, Chunk& rounded) const {
    ChunkBytes bytes;
    const auto used = std::span(bytes).first(count_ * element_bytes(dtype));
    encode(dtype, std::span(values).first(count_), used);
    decode(dtype, used, std::span(rounded).first(count_));
  }

  const KernelInput& input_;
  std::span<std::byte> out_;
  KernelSums& sums_;
  double threshold_;
  uint64_t first_ = 0;
  size_t count_ = 0;
  KernelFault fault_;
  Chunk sum_{}, added_{}, base_{}, difference_{}, subtrahend_{};
};

}  // namespace

std::optional<KernelFault> combine_slice(const KernelInput& input, std::span<std::byte> out,
                                         KernelSums& sums) {
  return ChunkLoop(input, out, sums).run();
}

}  // namespace evergreen
