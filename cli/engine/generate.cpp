#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/generate/text_generation.hpp"

namespace evergreen::cli {
namespace {

struct PromptLine {
  std::string text;
  std::vector<ChatMessage> messages;
};

std::vector<ChatMessage> read_messages(const JsonLine& line) {
  std::vector<ChatMessage> messages;
  for (const Json& message : json_get<std::vector<Json>>(line.value, "messages", line.where)) {
    messages.push_back({json_get<std::string>(message, "role", line.where),
                        json_get<std::string>(message, "content", line.where)});
  }
  if (messages.empty()) throw Error(ErrorKind::input, "'messages' is empty", line.where);
  return messages;
}

std::vector<PromptLine> read_prompts(const fs::path& file, const std::string& field) {
  std::vector<PromptLine> prompts;
  if (file.extension() == ".jsonl") {
    for (const JsonLine& line : read_json_lines(file)) {
      if (line.value.contains("messages"))
        prompts.push_back({{}, read_messages(line)});
      else
        prompts.push_back({json_get<std::string>(line.value, field, line.where), {}});
    }
    return prompts;
  }
  if (file.extension() != ".txt") throw Error(ErrorKind::input, "prompts are .txt or .jsonl", file.string());
  const std::string text = read_text(file);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) prompts.push_back({text.substr(at, end - at), {}});
    at = end + 1;
  }
  if (prompts.empty()) throw Error(ErrorKind::input, "there is no prompt in the file", file.string());
  return prompts;
}

std::vector<int32_t> encode(const TextModel& model, PromptLine prompt, const GenerateArgs& args) {
  if (args.chat && prompt.messages.empty()) prompt.messages = {{"user", prompt.text}};
  if (prompt.messages.empty()) return encode_prompt(model, prompt.text);
  if (!args.system_prompt.empty() && prompt.messages.front().role != "system") {
    prompt.messages.insert(prompt.messages.begin(), {"system", args.system_prompt});
  }
  return encode_rendered(model, render_chat(model, prompt.messages));
}

std::string answer_line(size_t id, const PromptLine& prompt, const TextAnswer& answer) {
  OrderedJson line = OrderedJson::object({{"id", id}});
  if (prompt.messages.empty()) line["prompt"] = prompt.text;
  for (const ChatMessage& m : prompt.messages)
    line["messages"].push_back({{"role", m.role}, {"content", m.content}});
  line["text"] = answer.text;
  line["finish"] = answer.finish;
  line["tokens"] = answer.tokens.size();
  return line.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace

void run_generate(const GenerateArgs& args, Console& console) {
  if (!args.out.empty() && fs::exists(args.out)) {
    throw Error(ErrorKind::input, "the output exists already", args.out.string(),
                "name another one, or delete it");
  }
  use_threads(args.model.threads);
  const std::vector<PromptLine> prompts = read_prompts(args.prompts, args.prompt_field);
  const TextModel model = load_text_model(args.model.model);
  std::vector<TextRequest> requests;
  for (const PromptLine& prompt : prompts) {
    requests.push_back({encode(model, prompt, args), args.max_new_tokens, args.stop,
                        choose_sampling(args.sampling, model.generation.sampling), requests.size()});
  }
  EngineOptions engine = args.model.engine;
  const std::string weights = choose_weights(args.model, model, engine, console);
  const std::vector<TextAnswer> answers =
      generate_text(model, requests, engine, {nullptr, console.progress(), &console.stop});
  std::string lines;
  int64_t tokens = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    lines += answer_line(i, prompts[i], answers[i]);
    tokens += static_cast<int64_t>(answers[i].tokens.size());
  }
  if (args.out.empty()) return console.print(lines);
  replace_file(args.out, lines);
  console.result(fmt::format("{} answers, {} tokens: {}", answers.size(), tokens, args.out.string()),
                 to_text({{"answers", answers.size()},
                          {"tokens", tokens},
                          {"weights", weights},
                          {"out", args.out.string()}}));
}

}  // namespace evergreen::cli
