// An element of a tensor, as errors and reports name it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

// "[3, 17]" for a matrix, "17" where there is one axis or none; row-major.
std::string element_place(uint64_t element, const std::vector<int64_t>& shape);

}  // namespace evergreen
