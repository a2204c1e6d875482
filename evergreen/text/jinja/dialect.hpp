// How templates are read and run: chat templates one way (the default), prompt templates of evaluation tasks another.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "evergreen/text/jinja/value.hpp"

namespace evergreen::jinja {

struct Dialect {
  // Jinja's options of the same names.
  bool trim_blocks = true, lstrip_blocks = true, keep_trailing_newline = false;
  // StrictUndefined, as far as it goes here: printing, walking through or measuring what is not there is an error.
  bool strict_undefined = false;
  // Filters besides Jinja's own.
  std::map<std::string, Value (*)(Runtime&, const Value& input, CallArguments&), std::less<>> filters = {};
};

inline const Dialect kDefaultDialect;

}  // namespace evergreen::jinja
