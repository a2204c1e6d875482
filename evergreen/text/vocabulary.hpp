// The tokens of a tokenizer.json by their ids, whatever kind of tokenizer it is: no text is split here.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace evergreen {

// The written form of each id from 0 to the highest; "" for an id that no token has. None without a tokenizer.json.
// Errors    Error{input} for a file that is not one.
std::optional<std::vector<std::string>> read_vocabulary(const std::filesystem::path& directory);

}  // namespace evergreen
