#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/model_place.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/eval/prompt_file.hpp"
#include "evergreen/generate/text_generation.hpp"

namespace evergreen::cli {
namespace {

std::vector<int32_t> encode(const TextModel& model, Prompt prompt, const GenerateArgs& args) {
  if (args.chat && prompt.messages.empty()) prompt.messages = {{"user", prompt.text}};
  if (prompt.messages.empty()) return encode_prompt(model, prompt.text);
  if (!args.system_prompt.empty() && prompt.messages.front().role != "system") {
    prompt.messages.insert(prompt.messages.begin(), {"system", args.system_prompt});
  }
  return encode_rendered(model, render_chat(model, prompt.messages));
}

std::string answer_line(size_t id, const Prompt& prompt, const TextAnswer& answer) {
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
  const ModelPlace place = place_of(args.model, nullptr);
  const std::vector<Prompt> prompts = read_prompts(args.prompts, args.prompt_field);
  const TextModel model = load_text_model(args.model.model, place);
  std::vector<TextRequest> requests;
  for (const Prompt& prompt : prompts) {
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
