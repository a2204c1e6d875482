// What inspect found, as text of at most 100 columns (but for long paths and names of tensors).
#pragma once

#include <string>

#include "evergreen/report/terminal.hpp"
#include "evergreen/residual/compare.hpp"

namespace evergreen::cli {

// Of the header alone; with `tensors` a line for each.
std::string summary_text(const CheckpointSummary& summary, bool tensors);
std::string inspect_text(const InspectReport& report, bool tensors, TerminalColour colour);
std::string comparison_text(const CheckpointComparison& comparison, TerminalColour colour);

// By the environment: none where stdout is no terminal or NO_COLOR is set, all where COLORTERM says so.
TerminalColour terminal_colour(bool styled);

}  // namespace evergreen::cli
