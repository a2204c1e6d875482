// The style sheet and the script of every page.
#pragma once

#include <string>

namespace evergreen {

// Colours of the page, of the levels of both scales on light and dark ground, layout, print.
std::string page_style();
// Shows the value of the cell that is pointed at or tapped, in all heat maps of the same group.
std::string page_script();

// A position on a scale as a class of the style sheet: "s0" to "s63", "d0" to "d64".
inline constexpr int kSequentialLevels = 64, kDivergingLevels = 65;

}  // namespace evergreen
