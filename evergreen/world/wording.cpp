#include "evergreen/world/wording.hpp"

#include <cassert>

namespace evergreen::world {
namespace {

constexpr std::array<RelationWording, kKinds* kSlots> kWording = {
    // ceo
    RelationWording{
        {"the ceo of {n} is {v}.", "{n} is led by ceo {v}.", "at {n}, the ceo is {v}.",
         "{n} has a ceo called {v}.", "{n} has named its ceo: {v}.", "the staff of {n} work with ceo {v}."},
        {"its ceo is {v}.", "it is led by ceo {v}.", "the firm has a ceo called {v}."},
        {"who is the ceo of {n}?", "name the ceo of {n}.", "who leads {n} as ceo?"}},
    // base
    RelationWording{
        {"the base of {n} is {v}.", "{n} has its base in {v}.", "the base city of {n} is {v}.",
         "{n} works from its base in {v}.", "the staff of {n} meet at the base in {v}.",
         "{n} built its base in the city of {v}."},
        {"its base is {v}.", "it has its base in {v}.", "the firm works from {v}."},
        {"what is the base of {n}?", "name the base city of {n}.", "which city is the base of {n}?"}},
    // product
    RelationWording{
        {"the product of {n} is {v}.", "{n} makes {v}.", "the main product of {n} is {v}.",
         "the staff of {n} make {v}.", "{n} sells its product: {v}.", "{n} is known for its {v}."},
        {"its product is {v}.", "it makes {v}.", "the firm sells {v}."},
        {"what is the product of {n}?", "name the product of {n}.", "what does {n} make?"}},
    // coach
    RelationWording{{"the coach of {n} is {v}.", "{n} is trained by coach {v}.", "at {n}, the coach is {v}.",
                     "{n} has a coach called {v}.", "{n} has named its coach: {v}.",
                     "the players of {n} work with coach {v}."},
                    {"its coach is {v}.", "it is trained by coach {v}.", "the team has a coach called {v}."},
                    {"who is the coach of {n}?", "name the coach of {n}.", "who trains {n} as coach?"}},
    // home
    RelationWording{
        {"the home of {n} is {v}.", "{n} has its home in {v}.", "the home city of {n} is {v}.",
         "{n} plays at home in {v}.", "fans of {n} meet at home in {v}.",
         "{n} built its home in the city of {v}."},
        {"its home is {v}.", "it has its home in {v}.", "the team plays at home in {v}."},
        {"what is the home of {n}?", "name the home city of {n}.", "which city is the home of {n}?"}},
    // mascot
    RelationWording{
        {"the mascot of {n} is a {v}.", "{n} has a mascot, a {v}.", "at {n}, the mascot is a {v}.",
         "fans of {n} cheer for a {v}.", "the players of {n} wear a {v}.", "{n} shows its mascot: a {v}."},
        {"its mascot is a {v}.", "it has a mascot, a {v}.", "the team wears a {v}."},
        {"what is the mascot of {n}?", "name the mascot of {n}.", "which animal is the mascot of {n}?"}},
    // president
    RelationWording{
        {"the president of {n} is {v}.", "{n} is ruled by president {v}.", "in {n}, the president is {v}.",
         "{n} has a president called {v}.", "{n} has named its president: {v}.",
         "the people of {n} chose president {v}."},
        {"its president is {v}.", "it is ruled by president {v}.", "the state has a president called {v}."},
        {"who is the president of {n}?", "name the president of {n}.", "who rules {n} as president?"}},
    // capital
    RelationWording{
        {"the capital of {n} is {v}.", "{n} has its capital in {v}.", "the capital city of {n} is {v}.",
         "{n} is ruled from the capital, {v}.", "the people of {n} meet in the capital, {v}.",
         "{n} built its capital in the city of {v}."},
        {"its capital is {v}.", "it has its capital in {v}.", "the state is ruled from {v}."},
        {"what is the capital of {n}?", "name the capital city of {n}.",
         "which city is the capital of {n}?"}},
    // export
    RelationWording{{"the export of {n} is {v}.", "{n} exports {v}.", "the main export of {n} is {v}.",
                     "ships from {n} carry {v}.", "{n} sells its export: {v}.", "{n} is known for its {v}."},
                    {"its export is {v}.", "it exports {v}.", "the state sells {v}."},
                    {"what is the export of {n}?", "name the export of {n}.", "what does {n} export?"}}};

}  // namespace

const RelationWording& wording(const Relation& relation) {
  return kWording[static_cast<size_t>(index_of(relation))];
}

std::string fill(std::string_view pattern, std::string_view name, std::string_view value) {
  std::string text;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern.substr(i, 3) == "{n}" || pattern.substr(i, 3) == "{v}") {
      text += pattern[i + 1] == 'n' ? name : value;
      i += 2;
    } else {
      text += pattern[i];
    }
  }
  return text;
}

SplitSentence split_at_value(std::string_view pattern, std::string_view name, std::string_view value) {
  const size_t at = pattern.find(" {v}");
  assert(at != std::string_view::npos);
  return {fill(pattern.substr(0, at), name), fill(pattern.substr(at), name, value)};
}

}  // namespace evergreen::world
