// The kinds of instruction by group, for this module's sources only; instruction.hpp is what they make.
#pragma once

#include <string>
#include <vector>

#include "evergreen/ifeval/arguments.hpp"
#include "evergreen/ifeval/instruction.hpp"

namespace evergreen::ifeval {

struct Kind {
  std::string id;
  Check (*make)(Arguments& arguments);
};

std::vector<Kind> keyword_kinds();   // keywords:*
std::vector<Kind> language_kinds();  // language:*, change_case:*
std::vector<Kind> length_kinds();    // length_constraints:*
std::vector<Kind> content_kinds();   // detectable_content:*, combination:*, startend:*, punctuation:*
std::vector<Kind> format_kinds();    // detectable_format:*

}  // namespace evergreen::ifeval
