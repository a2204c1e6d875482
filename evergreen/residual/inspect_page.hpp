// What inspect found, as one self-contained page (evergreen/report): key figures, heat maps of layers and modules with
// the table behind each, what is not finite, and how it was computed.
#pragma once

#include <string>

#include "evergreen/residual/compare.hpp"

namespace evergreen {

std::string inspect_page(const InspectReport& report);
std::string comparison_page(const CheckpointComparison& comparison);

}  // namespace evergreen
