// The nearest name to a misspelt one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

// The number of insertions, deletions, substitutions and swaps of neighbours between two words.
int edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, or empty where none is within a third of its length.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

// "did you mean 'x'?", or "known: a, b, c" where nothing is near.
std::string suggest_name(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace evergreen
