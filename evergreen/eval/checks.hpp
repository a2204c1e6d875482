// Programmatic checks of a response: whether it follows an instruction, decided by a program and not by a model.
//
// A check is a JSON object {"check": KIND, ...}:
//   equals                text               the response is it
//   contains              text
//   starts_with           text
//   ends_with             text
//   quoted                [text]             quotation marks around the whole response, and nowhere else
//   enclosed              open close [text]  the same with any marks: **bold**, (this)
//   repeated              text times         the text so many times, separated by spaces, commas, semicolons
//   list                  [min] [max]        each line starts with a bullet (-, *, U+2022) or number (1. 1))
//   json                  [key] [value]      a JSON document; an object with the key; with that value
//   regex                 pattern [whole]    PCRE2, found in the response; "whole": true must match all
//   words                 [min] [max]        number of words
//   lowercase, uppercase                     no letter of the other case
// "not": true turns any check around; "ignore_case": true compares texts and patterns without case. White
// space around the response never counts. The text of quoted and enclosed is what is inside.
//
// Errors    Error{input} for an unknown kind or member (with the nearest name), a missing or wrong member,
//           and a pattern that does not compile.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

using ResponseCheck = std::function<bool(std::string_view response)>;

// `json` is the object, `where` what errors name.
ResponseCheck make_check(const std::string& json, const std::string& where);

std::vector<std::string> check_kinds();

}  // namespace evergreen
