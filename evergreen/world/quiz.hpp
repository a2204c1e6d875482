// Pages of questions on answered entities: quizzes (questions alone) and FAQ pages (one entity, questions and answers).
#pragma once

#include <string>

#include "evergreen/base/random.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

// One of the relation's three questions.
std::string question(const Entity& entity, int slot, RandomStream& stream);

std::string quiz_page(const World& world, RandomStream& stream);
std::string faq_page(const World& world, RandomStream& stream);

}  // namespace evergreen::world
