// JSON texts as values of a template: objects keep the order of their names, as Python's json.loads.
#pragma once

#include <string>
#include <string_view>

#include "evergreen/text/jinja/value.hpp"

namespace evergreen::jinja {

// Error{input} naming `where` for text that is not JSON, a repeated name, deep nesting, or whole numbers over 64 bits.
Value parse_json_value(std::string_view text, const std::string& where);

}  // namespace evergreen::jinja
