#include "evergreen/eval/prompt_file.hpp"

#include <algorithm>

#include "evergreen/eval/json_lines.hpp"

namespace evergreen {
namespace {

std::vector<ChatMessage> read_messages(const JsonLine& line) {
  std::vector<ChatMessage> messages;
  for (const Json& message : json_get<std::vector<Json>>(line.value, "messages", line.where)) {
    messages.push_back({json_get<std::string>(message, "role", line.where),
                        json_get<std::string>(message, "content", line.where)});
  }
  if (messages.empty()) throw Error(ErrorKind::input, "'messages' is empty", line.where);
  return messages;
}

}  // namespace

std::vector<Prompt> read_prompts(const fs::path& file, const std::string& field) {
  std::vector<Prompt> prompts;
  if (has_json_lines(file)) {
    for (const JsonLine& line : read_json_lines(file)) {
      if (line.value.contains("messages"))
        prompts.push_back({{}, read_messages(line)});
      else
        prompts.push_back({json_get<std::string>(line.value, field, line.where), {}});
    }
    return prompts;
  }
  if (file.extension() != ".txt")
    throw Error(ErrorKind::input, "prompts are .txt, .jsonl (.zst, .gz) or .parquet", file.string());
  const std::string text = read_text(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) prompts.push_back({text.substr(at, end - at), {}});
    at = end + 1;
  }
  if (prompts.empty()) throw Error(ErrorKind::input, "there is no prompt in the file", file.string());
  return prompts;
}

}  // namespace evergreen
