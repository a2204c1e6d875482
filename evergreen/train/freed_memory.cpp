#include "evergreen/train/freed_memory.hpp"

#include <limits>

#include <malloc.h>

namespace evergreen {

void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_MAX, 0);  // a mapping of its own would be unmapped when it is freed
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace evergreen
