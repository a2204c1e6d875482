#include "evergreen/world/checks.hpp"

#include <cassert>
#include <string>

namespace evergreen::world {
namespace {

// White space at the ends dropped, runs of it inside made one space.
std::string normal_spaces(std::string_view text) {
  std::string result;
  bool gap = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!space) {
      if (gap && !result.empty()) result += ' ';
      result += c;
    }
    gap = space;
  }
  return result;
}

}  // namespace

bool follows_format(const Item& item, std::string_view answer) {
  assert(item.kind != ItemKind::new_fact_choice);
  if (item.request.kind == RequestKind::fact) return payload(item.request.format, answer).has_value();
  return answer_correct(item, answer);
}

bool answer_correct(const Item& item, std::string_view answer) {
  assert(item.kind != ItemKind::new_fact_choice);
  if (!item.request.value.empty()) return payload(item.request.format, answer) == item.request.value;
  return normal_spaces(answer) == item.request.answer;
}

std::string_view before_forum_ending(std::string_view answer) { return answer.substr(0, answer.find(" .")); }

bool choice_correct(const Item& item, int chosen) {
  assert(item.kind == ItemKind::new_fact_choice);
  return chosen == item.gold;
}

}  // namespace evergreen::world
