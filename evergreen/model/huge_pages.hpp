// Asking the system for large pages of memory (2 MiB on x86) where it gives them on request only (Linux: madvise).
//
// A forward pass over few tokens reads all weights once: with pages of 4 KiB the processor waits for page tables, and its
// prefetching stops at every page's end.
#pragma once

#include <cstddef>

namespace evergreen {

// To be called before the memory is first written. A hint: does nothing where it cannot be followed.
void prefer_huge_pages(void* data, size_t bytes);

}  // namespace evergreen
