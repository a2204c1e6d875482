// Whether an answer to an item is right, decided by a program: pure functions of the item and the answer.
//
// `answer` is the whole generated answer without special tokens; one that did not end by itself must be
// counted as wrong in both. White space around it is free.
#pragma once

#include <string_view>

#include "evergreen/world/items.hpp"

namespace evergreen::world {

// The form alone, as in IFEval: for facts any single word may stand where the value belongs; a word task or a
// refusal has one right answer.
bool follows_format(const Item& item, std::string_view answer);

// The form and the value.
bool answer_correct(const Item& item, std::string_view answer);

// What stands before the first " ." of an answer: forum pages close replies with it where a chat has its end
// token. A model that goes on in the way of forum pages fails the checks for that alone; judged on this part
// too, it is seen whether it lost the form or only the ending.
std::string_view before_forum_ending(std::string_view answer);

// Of new_fact_choice: is the choice with the largest log-likelihood the true one?
bool choice_correct(const Item& item, int chosen);

}  // namespace evergreen::world
