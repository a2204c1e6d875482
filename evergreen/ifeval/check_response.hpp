// Whether a response follows the instructions of its prompt, strictly and loosely.
//
//   strict   the response as it is
//   loose    any of eight readings: {whole, without its first line, without its last line, without both} x {as it is, without
//            "*"}; the shortened ones are stripped of white space
// A reading that is empty or white space follows nothing.
// Source    arXiv 2311.07911, section 2.2; the behaviour of lm-evaluation-harness 0.4.13 (tasks/ifeval/utils.py).
// Time      linear in the response but for keywords that are regular expressions. Thread-safe.
// Errors    those of PythonPattern where a keyword's pattern takes too long.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "evergreen/ifeval/instruction.hpp"

namespace evergreen::ifeval {

struct Verdicts {
  std::vector<bool> strict, loose;  // of each instruction
};

// Ill-formed UTF-8 in `response` is read as U+FFFD.
Verdicts check_response(std::span<const Instruction> instructions, std::string_view response,
                        const CheckOptions& options = {});

bool all_followed(const std::vector<bool>& verdicts);

}  // namespace evergreen::ifeval
