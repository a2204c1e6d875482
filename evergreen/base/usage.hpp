// What this process has used of the machine so far.
#pragma once

#include <cstdint>

namespace evergreen {

double processor_seconds();  // of all threads, user and system
int64_t peak_memory();       // resident, bytes

}  // namespace evergreen
