#include "evergreen/residual/element.hpp"

#include <fmt/format.h>

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

}  // namespace evergreen
