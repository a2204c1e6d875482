#include "evergreen/residual/element.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/safetensors.hpp"

namespace evergreen {

std::string element_place(uint64_t element, const std::vector<int64_t>& shape) {
  if (shape.size() < 2) return fmt::to_string(element);
  std::vector<int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = static_cast<int64_t>(element % static_cast<uint64_t>(shape[axis]));
    element /= static_cast<uint64_t>(shape[axis]);
  }
  return shape_text(index);
}

void throw_not_finite(uint64_t element, const std::string& tensor, const std::vector<int64_t>& shape,
                      double value, const std::string& file) {
  const char* what = std::isnan(value) ? "NaN" : value > 0 ? "infinite" : "minus infinite";
  throw Error(ErrorKind::input,
              fmt::format("element {} of tensor '{}' is {}", element_place(element, shape), tensor, what),
              file, "the file is damaged or its training diverged: use one without such values");
}

}  // namespace evergreen
