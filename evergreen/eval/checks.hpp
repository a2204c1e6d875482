// Programmatic checks of a response: whether it follows an instruction, decided by a program and not by a
// model.
//
// A check is a JSON object {"check": KIND, ...}:
//   equals         text                   the response is it; "ignore_case": true compares without case (all
//   kinds with text) contains       text                   "not": true turns any check around starts_with
//   text ends_with      text quoted         [text]                 one pair of quotation marks around the
//   whole response ("..." or typographic) enclosed       open, close, [text]    as in **bold** or (this)
//   repeated       text, times            the text so many times, separated by white space, commas or
//   semicolons list           [min], [max]           every line starts with a bullet ("- ", "* ", "• ") or a
//   number ("1. ", "1) ") json           [key], [value]         the response is a JSON document; an object
//   with the key; with that value regex          pattern, [whole]       PCRE2 with UTF; "whole": true must
//   match all of the response words          [min], [max]           number of words lowercase, uppercase no
//   letter of the other case
// White space around the response is never counted. "text" given for quoted and enclosed must be what is
// inside.
//
// Errors    Error{input} for an unknown kind or member (with the nearest name), a missing or wrong member,
// and a pattern
//           that does not compile.
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
