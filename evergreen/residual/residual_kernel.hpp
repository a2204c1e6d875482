// The arithmetic of the residual on a slice of elements: the one place where weights are computed.
//
//   out = c0 + sum over k of s_k * (a_k - b_k)          arXiv 2410.10739, eqs. 1 and 2, for any number of terms
//
// Shapes    every operand holds the same elements of its tensor; little-endian, of any alignment.
// Numbers   defined in float64, element by element, without contraction: d = a - b, p = s * d, sum = c0 + p, the
//           terms in their order, then one direct round-to-nearest-even to the output's dtype. A missing b
//           counts as d = a, a missing c0 as sum = p. Norms are sums in the order of ordered_sum.hpp, one for each call.
//           Every machine gives the same bits: combine_slice_reference() is the definition in plain C++, combine_slice()
//           the same in vectors of whatever width the machine has (kernel_target.hpp).
// Memory    both work in chunks that stay in the first-level cache; for a slice, its operands and its output together
//           should fit the second-level cache (64 Ki elements of bf16 are 512 KiB).
// Errors    none thrown: a NaN or infinity in an operand, or a sum that is too large for the output, is reported: of
//           the first such element the first such operand. Output and sums are not to be used then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "evergreen/checkpoint/dtype.hpp"

namespace evergreen {

// A slice of one input; no bytes: there is no such input.
struct Operand {
  Dtype dtype = Dtype::f32;
  std::span<const std::byte> bytes;
};

struct KernelTerm {
  double scale = 1;
  Operand a, b;
};

struct KernelInput {
  Operand c0;
  std::span<const KernelTerm> terms;
  uint64_t elements = 0;
  Dtype out_dtype = Dtype::f32;
  bool measure_loss = false;  // of storing `out` instead of the exact sum; needs one term with b, and no c0
};

// What is wrong with an element. Operands are counted: c0, then a and b of each term.
struct KernelFault {
  enum class Kind { not_finite, too_large };
  Kind kind = Kind::not_finite;
  uint64_t element = 0;
  int operand = 0;   // of not_finite
  double value = 0;  // the operand, or the sum that is too large
};

struct KernelSums {
  double added_squares = 0;  // of the sum of s_k * d_k
  double base_squares = 0;   // of the first b, or of c0 where it has none; 0 where that is missing too
  double loss_squares = 0;   // of stored minus exact
  double loss_max = 0;
  uint64_t changed = 0;  // elements where b + stored, rounded to b's dtype, is not b + exact, rounded
};

// The least magnitude that rounds to infinity.
double overflow_threshold(Dtype dtype);

// Fills `out`, or only measures where it is empty; adds what the slice amounts to to `sums`.
std::optional<KernelFault> combine_slice(const KernelInput& input, std::span<std::byte> out,
                                         KernelSums& sums);

// The same, one element at a time.
std::optional<KernelFault> combine_slice_reference(const KernelInput& input, std::span<std::byte> out,
                                                   KernelSums& sums);

}  // namespace evergreen
