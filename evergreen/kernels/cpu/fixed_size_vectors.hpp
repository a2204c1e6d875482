// For kernels whose tiles are arrays of vectors, which want vectors of a known size: no instruction sets where it is known at run time only.
// Before Highway's foreach_target.h.
#pragma once

#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#endif
