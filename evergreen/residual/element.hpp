// An element of a tensor, as errors and reports name it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

// "[3, 17]" for a matrix, "17" where there is one axis or none; row-major.
std::string element_place(uint64_t element, const std::vector<int64_t>& shape);

// Error{input}: an element of a tensor in `file` is NaN or infinite.
[[noreturn]] void throw_not_finite(uint64_t element, const std::string& tensor,
                                   const std::vector<int64_t>& shape, double value, const std::string& file);

}  // namespace evergreen
