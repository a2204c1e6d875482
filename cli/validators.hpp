// What a number on the command line must be, said in words ("0 or more") and not in digits of the largest double.
#pragma once

#include <CLI/CLI.hpp>

namespace evergreen::cli {

CLI::Validator positive();
CLI::Validator not_negative();
CLI::Validator between(double least, double most);

// A finite number, or this word.
CLI::Validator number_or(const std::string& word);

}  // namespace evergreen::cli
