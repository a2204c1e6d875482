// The threads of one block as fibers on one thread of the host: each runs to its next barrier, then the next one.
//
// Errors    std::logic_error where a barrier is not reached by all that must: on a GPU, a hang.
#pragma once

#include <functional>

namespace evergreen::test {

enum class FiberOrder {
  ascending,
  descending
};  // of the threads between two barriers: no result may depend on it

void set_fiber_order(FiberOrder order);
// Calls `body` once for each of the threads; `enter` is told which one runs from now on.
void run_fibers(int threads, const std::function<void()>& body, const std::function<void(int)>& enter);
// From within: until all threads of the block, or of the 32 of the warp, have come this far or returned.
void wait_for_block();
void wait_for_warp();

}  // namespace evergreen::test
