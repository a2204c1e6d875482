// Loops over threads, for the part without LibTorch.
#pragma once

#include <cstdint>
#include <functional>

namespace evergreen {

// The number of threads to use: `asked`, or for 0 one per core this process may run on.
int thread_count(int asked = 0);

// Calls body(i) for every i in [0, count), on up to `threads` threads (0: one per core), indices handed out
// in order. The first exception stops the hand-out and is thrown again here, after all threads have ended.
void parallel_for(int64_t count, int threads, const std::function<void(int64_t)>& body);

}  // namespace evergreen
