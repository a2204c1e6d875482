#pragma once

#include "tests/kernels/cuda/on_host/cooperative_groups.h"

namespace cooperative_groups {

// By halves, as shuffles do it.
template <class T, class Op>
T reduce(const Warp& warp, T value, const Op& op) {
  static T lanes[32][32];
  T* mine = lanes[warp.meta_group_rank()];
  mine[warp.thread_rank()] = value;
  evergreen::test::wait_for_warp();
  T all[32];
  for (unsigned i = 0; i < 32; ++i) all[i] = mine[i];
  for (unsigned distance = 16; distance > 0; distance /= 2) {
    for (unsigned i = 0; i < distance; ++i) all[i] = op(all[i], all[i + distance]);
  }
  evergreen::test::wait_for_warp();  // all have read
  return all[0];
}

}  // namespace cooperative_groups
