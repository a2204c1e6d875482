#include "evergreen/ifeval/instruction.hpp"

#include <algorithm>
#include <map>

#include "evergreen/base/nearest.hpp"
#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

using Maker = Check (*)(Arguments& arguments);

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all = [] {
    std::map<std::string, Maker> made;
    for (const auto& kinds :
         {keyword_kinds(), language_kinds(), length_kinds(), content_kinds(), format_kinds()}) {
      for (const Kind& kind : kinds) made.emplace(kind.id, kind.make);
    }
    return made;
  }();
  return all;
}

// The reference draws another letter for one that is not from a to z.
bool draws_letter(const std::string& id, const Json& kwargs) {
  if (id != "keywords:letter_frequency") return false;
  const std::string letter = lower(kwargs.at("letter").get<std::string>());
  return letter.size() != 1 || letter[0] < 'a' || letter[0] > 'z';
}

}  // namespace

Instruction make_instruction(const std::string& id, const std::string& kwargs_json,
                             const std::string& where) {
  const auto maker = makers().find(id);
  if (maker == makers().end()) {
    throw Error(ErrorKind::input, fmt::format("there is no instruction '{}'", id), where,
                suggest_name(id, instruction_ids()));
  }
  const Json kwargs = parse_json(kwargs_json, where);
  Arguments arguments(id, kwargs, where);
  Instruction instruction{id, maker->second(arguments), false};
  arguments.require_all_used();
  instruction.random_in_reference = draws_letter(id, kwargs);
  return instruction;
}

const std::vector<std::string>& instruction_ids() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> names;
    for (const auto& [id, maker] : makers()) names.push_back(id);
    return names;
  }();
  return ids;
}

}  // namespace evergreen::ifeval
