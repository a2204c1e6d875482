// Splitting items at a date.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

// A date is YYYY-MM-DD; what follows (a time) does not matter. Error{input} naming `where` for another text.
void require_date(std::string_view text, const std::string& where);

// Whether the first is before the second.
bool is_before(std::string_view date, std::string_view since);

// "_before" and "_from": the endings of a task's two parts.
inline constexpr const char* kBefore = "_before";
inline constexpr const char* kFrom = "_from";

}  // namespace evergreen
