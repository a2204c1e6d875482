// The 25 kinds of verifiable instruction of IFEval, each a check of a response.
//
// Source    Zhou et al. (2023), "Instruction-Following Evaluation for Large Language Models", arXiv 2311.07911; the
//           behaviour of the checker as lm-evaluation-harness 0.4.13 carries it (tasks/ifeval), which is Google's with repairs.
//
// Arguments are a JSON object. As in the reference those that are null, false, 0, "" or empty do not count. Where one
// that is needed is missing, or a number is negative, the reference draws a random one anew for every response: here
// that is an error. One draw is kept out in another way, since the published prompts have it: letter_frequency of a
// character that is no letter from a to z counts that character, and `random_in_reference` is set.
// Errors    Error{input} for an unknown kind or argument (with the nearest name), one that is missing, of a wrong type or out
//           of range, and a keyword that is no regular expression (keywords are Python patterns in the reference).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/ifeval/response_text.hpp"

namespace evergreen::ifeval {

using Check = std::function<bool(const ResponseText& response)>;

struct Instruction {
  std::string id;  // "length_constraints:number_words"
  Check followed;
  bool random_in_reference = false;
};

// `where` is what errors name: "input_data.jsonl, line 3".
Instruction make_instruction(const std::string& id, const std::string& kwargs_json, const std::string& where);

const std::vector<std::string>& instruction_ids();  // sorted

// ISO 639-1 codes that response_language knows.
const std::vector<std::string>& response_languages();

}  // namespace evergreen::ifeval
