// Whether Python's json.loads takes a text: a little more than RFC 8259 allows, and a little less.
//
//   more    NaN, Infinity, -Infinity; numbers beyond any range; half a surrogate pair as an escape; names given twice
//   less    a byte order mark; whole numbers of more than 4300 digits (sys.int_info.default_max_str_digits)
//   depth   beyond 1000 levels of nesting Python fails with RecursionError; here the text is not JSON then
//
// Source    CPython 3.11, Lib/json/decoder.py and Modules/_json.c. Time    linear.
#pragma once

#include <string_view>

namespace evergreen::ifeval {

bool is_python_json(std::string_view text);

}  // namespace evergreen::ifeval
