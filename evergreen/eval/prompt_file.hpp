// A file of prompts: .txt with one on each line, or JSON lines (json_lines.hpp) with {"prompt": ...} (the field `field`) or
// {"messages": [{"role", "content"}, ...]}.
//
// Errors    Error{input} with file and line for what is not of this form, and for a file without a prompt.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/eval/language_model.hpp"

namespace evergreen {

std::vector<Prompt> read_prompts(const fs::path& file, const std::string& field = "prompt");

}  // namespace evergreen
