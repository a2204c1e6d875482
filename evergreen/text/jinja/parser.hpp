// From a template's source to its tree.
#pragma once

#include <string_view>

#include "evergreen/text/jinja/ast.hpp"
#include "evergreen/text/jinja/dialect.hpp"

namespace evergreen::jinja {

// Error{input} with line and column for a syntax error, an unknown tag, filter or test.
Block parse(std::string_view source, const Dialect& dialect = kDefaultDialect);

}  // namespace evergreen::jinja
