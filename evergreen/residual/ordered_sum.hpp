// A sum of doubles that does not depend on the machine's vector width: its order of additions is fixed.
//
//   element i is added to accumulator i mod 16, in order of i; at the end accumulator k takes k + 8, then k + 4, k + 2
//   and k + 1, and accumulator 0 is the sum
//
// Numbers   every addition rounds to float64 by itself; a product that is summed is rounded before (no fused
//           multiply-add). 16 accumulators: two AVX-512 vectors, or eight of NEON.
#pragma once

#include <array>
#include <cstddef>

namespace evergreen {

inline constexpr size_t kSumLanes = 16;

struct OrderedSum {
  alignas(64) std::array<double, kSumLanes> lanes{};

  void add(size_t element, double value) { lanes[element % kSumLanes] += value; }

  double total() const {
    std::array<double, kSumLanes> folded = lanes;
    for (size_t half = kSumLanes / 2; half > 0; half /= 2) {
      for (size_t k = 0; k < half; ++k) folded[k] += folded[k + half];
    }
    return folded[0];
  }
};

}  // namespace evergreen
