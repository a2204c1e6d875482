#include "evergreen/ifeval/prompts.hpp"

#include "evergreen/base/json.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

Json list_member(const Json& line, const char* name, const std::string& where) {
  Json list = json_get<Json>(line, name, where);
  if (!list.is_array()) throw_json_member(name, where, "is not a list");
  return list;
}

}  // namespace

Prompt parse_prompt(std::string_view line, const std::string& where) {
  const Json value = parse_json(line, where);
  if (!value.is_object()) throw Error(ErrorKind::input, "the line is not a JSON object", where);
  Prompt prompt;
  prompt.key = json_get<int64_t>(value, "key", where);
  prompt.text = json_get<std::string>(value, "prompt", where);
  prompt.document = value.dump();
  const Json ids = list_member(value, "instruction_id_list", where);
  const Json kwargs = list_member(value, "kwargs", where);
  if (ids.empty()) throw Error(ErrorKind::input, "the prompt has no instruction", where);
  if (ids.size() != kwargs.size()) {
    throw Error(ErrorKind::input, fmt::format("{} instructions with {} kwargs", ids.size(), kwargs.size()),
                where, "one object in 'kwargs' for each of 'instruction_id_list'");
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (!ids[i].is_string())
      throw_json_member("instruction_id_list", where, "holds something that is not a text");
    prompt.instructions.push_back(make_instruction(ids[i].get<std::string>(), kwargs[i].dump(), where));
  }
  return prompt;
}

std::vector<Prompt> read_prompts(const fs::path& file) {
  const std::string text = read_text(file);
  std::vector<Prompt> prompts;
  size_t number = 0;
  for (const std::string_view line : split(text, "\n")) {
    ++number;
    if (strip(line).empty()) continue;
    prompts.push_back(parse_prompt(line, fmt::format("{}, line {}", file.string(), number)));
  }
  if (prompts.empty()) throw Error(ErrorKind::input, "there is no prompt in the file", file.string());
  return prompts;
}

}  // namespace evergreen::ifeval
