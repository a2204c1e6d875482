// Rendering a template's tree.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evergreen/text/jinja/ast.hpp"
#include "evergreen/text/jinja/runtime.hpp"

namespace evergreen::jinja {

struct Rendered {
  std::string text;
  std::vector<std::pair<size_t, size_t>> generation;  // bytes [begin, end) of each {% generation %} block
  bool generation_in_macro = false;  // one was rendered where its place in the text is not known
};

// `variables` are what the template finds by name. Error{input} with the place in the template for all that fails.
Rendered render(const Block& body, Runtime& runtime, const Dict& variables);

// The value of a template that is one {{ expression }} and nothing else, as Jinja's NativeEnvironment gives it; of any
// other template its text. Text in values is well-formed UTF-8.
Value evaluate(const Block& body, Runtime& runtime, const Dict& variables);

}  // namespace evergreen::jinja
