// The elements of an output tensor as the definition gives them: plain float64, one element after the other.
//
// A reference, not a fast path: residual_kernel.hpp computes the same with vectors.
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/residual/combine_plan.hpp"

namespace evergreen {

// Elements [first, first + count) of the plan's output, encoded in its dtype. `thresholds` of TIES, by term
// (trim_thresholds.hpp). What is not finite, or too large, comes out as it does: here nothing is refused.
std::vector<std::byte> reference_values(const TensorPlan& plan, const MergeOptions& merge,
                                        const std::vector<double>& thresholds, uint64_t first,
                                        uint64_t count);

}  // namespace evergreen
