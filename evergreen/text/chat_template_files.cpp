#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/text/chat_template.hpp"

namespace evergreen {
namespace {

std::optional<std::string> template_in_config(const fs::path& path) {
  const Json config = read_json(path);
  const auto found = config.is_object() ? config.find("chat_template") : config.end();
  if (found == config.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  std::vector<std::string> names;
  if (found->is_array()) {
    for (const Json& entry : *found) {
      names.push_back(json_get<std::string>(entry, "name", path.string()));
      if (names.back() == "default") return json_get<std::string>(entry, "template", path.string());
    }
  }
  throw Error(ErrorKind::input,
              names.empty()
                  ? "'chat_template' is neither a text nor a list of named templates"
                  : fmt::format("none of the chat templates ({}) is named 'default'", fmt::join(names, ", ")),
              path.string(), "write the template to use as chat_template.jinja beside it");
}

std::optional<std::string> find_template(const fs::path& directory) {
  if (fs::exists(directory / "chat_template.jinja")) return read_text(directory / "chat_template.jinja");
  for (const char* name : {"chat_template.json", "tokenizer_config.json"}) {
    if (!fs::exists(directory / name)) continue;
    if (auto found = template_in_config(directory / name)) return found;
  }
  return std::nullopt;
}

}  // namespace

bool has_chat_template(const fs::path& directory) { return find_template(directory).has_value(); }

ChatTemplate load_chat_template(const fs::path& directory) {
  const std::optional<std::string> source = find_template(directory);
  if (!source) {
    throw Error(ErrorKind::input,
                "this model has no chat template: neither chat_template.jinja nor 'chat_template' in "
                "tokenizer_config.json",
                directory.string(),
                "pass an instruct model, or copy chat_template.jinja from one of its family");
  }
  return ChatTemplate(*source);
}

}  // namespace evergreen
