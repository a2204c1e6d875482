#include "evergreen/train/precision.hpp"

#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

const std::vector<std::string> kNames = {"float32", "bf16", "pure-bf16"};  // in the order of Precision

}  // namespace

Precision precision_from_name(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Precision>(i);
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a precision to train in", name), {},
              suggest_name(name, kNames));
}

std::string precision_name(Precision precision) { return kNames[static_cast<size_t>(precision)]; }

ElementBytes element_bytes(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return {2, 4, 4 + 8};
    case Precision::pure_bf16:
      return {2, 2, 4};
    default:
      return {4, 4, 8};
  }
}

}  // namespace evergreen
