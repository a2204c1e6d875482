// Python's operations on strings, counted in characters (code points).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen::jinja {

enum class Side { left, right, both };

std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
std::string to_title(std::string_view text);
std::string swap_case(std::string_view text);
std::string capitalize(std::string_view text);
// Without `characters`: white space.
std::string strip(std::string_view text, Side side, const std::optional<std::string>& characters);
// At white space, runs counting as one, or at `separator`; at most `limit` cuts (-1: all), from the right if asked.
std::vector<std::string> split(std::string_view text, const std::optional<std::string>& separator,
                               int64_t limit, bool from_right);
std::vector<std::string> split_lines(std::string_view text, bool keep_ends);
std::string replace_all(std::string_view text, std::string_view old, std::string_view replacement,
                        int64_t limit);

// The byte where character `index` begins; the text's size where it is shorter.
size_t byte_of_character(std::string_view text, size_t index);

// str.isupper and its like.
bool is_lower_text(std::string_view text);
bool is_upper_text(std::string_view text);
bool is_title_text(std::string_view text);
// Whether `text` is not empty and all its characters are of a kind: "alpha", "digit", "space", "alnum" ...
bool all_characters(std::string_view text, std::string_view kind);

}  // namespace evergreen::jinja
