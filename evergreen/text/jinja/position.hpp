// A place in a template, and the limits that a template is held to.
#pragma once

#include <cstdint>
#include <string>

namespace evergreen::jinja {

struct Position {
  uint32_t line = 1, column = 1;  // counted from 1, columns in characters
};

inline constexpr int kMaxSourceDepth = 200;   // nested expressions and blocks in the source
inline constexpr int kMaxValueDepth = 200;    // lists in lists
inline constexpr int kMaxCallDepth = 2500;    // nested evaluations: a macro that calls itself takes about ten
inline constexpr int64_t kMaxRange = 100000;  // as Jinja's sandbox

// Error{input} for a template that cannot be read or that fails.
[[noreturn]] void throw_template_error(const std::string& message, Position at, const std::string& next = {});

}  // namespace evergreen::jinja
