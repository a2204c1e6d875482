// Memory that a device has to give: for planning weights and caches before they are taken.
#pragma once

#include <cstdint>

#include <c10/core/Device.h>

namespace evergreen {

// Of the machine base/free_memory.hpp, of a GPU what its driver has free; all there is where a system does not say.
int64_t free_device_bytes(c10::Device device);

// What of `free` may be filled with weights and caches. The rest is for the tensors of a pass: a tenth, on a GPU at least a GiB.
int64_t usable_bytes(c10::Device device, int64_t free);

}  // namespace evergreen
