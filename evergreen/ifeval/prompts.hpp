// The prompts of IFEval with their instructions, as Google published them: input_data.jsonl.
//
// Each line is an object with key (a whole number), prompt, instruction_id_list and kwargs (a list of objects, one for
// each instruction; members that are null do not count, as in the data set's form on the Hugging Face hub). Other members
// are ignored. Errors    Error{input} with file and line, also for lists of different lengths and for a file without a prompt.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/ifeval/instruction.hpp"

namespace evergreen::ifeval {

struct Prompt {
  int64_t key = 0;
  std::string text;
  std::vector<Instruction> instructions;
  std::string document;  // the line, a JSON object
};

std::vector<Prompt> read_prompts(const fs::path& file);

// One line; `where` is what errors name.
Prompt parse_prompt(std::string_view line, const std::string& where);

}  // namespace evergreen::ifeval
