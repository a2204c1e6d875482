// model.safetensors.index.json: which file of a sharded checkpoint holds which tensor.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace evergreen {

// Tensor -> file name, from the text of an index; `where` is what errors name.
// Errors    Error{input} for a text that is not an index, or that names a file elsewhere than beside it.
std::map<std::string, std::string> parse_safetensors_index(std::string_view text, const std::string& where);

}  // namespace evergreen
