// What combine_slice() sums up over one slice, before it is added to the KernelSums of the tensor.
#pragma once

#include <algorithm>

#include "evergreen/residual/ordered_sum.hpp"
#include "evergreen/residual/residual_kernel.hpp"

namespace evergreen {

struct SliceSums {
  OrderedSum added_squares, base_squares, loss_squares;
  double loss_max = 0;
  uint64_t changed = 0;

  void add_to(KernelSums& sums) const {
    sums.added_squares += added_squares.total();
    sums.base_squares += base_squares.total();
    sums.loss_squares += loss_squares.total();
    sums.loss_max = std::max(sums.loss_max, loss_max);
    sums.changed += changed;
  }
};

}  // namespace evergreen
