#include "evergreen/pipeline/evaluate_model.hpp"

#include <algorithm>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/item_scores.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/run.hpp"
#include "evergreen/eval/sample_answers.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {
namespace {

constexpr int64_t kAnswerTokens = 256, kGoingOnTokens = 48;
constexpr size_t kTexts = 3, kBeginningBytes = 200, kGoingOnBytes = 250;

bool has_held_out(const EvaluateRequest& request) {
  return fs::exists(request.held_out) && fs::file_size(request.held_out) > 0;
}

Tasks tasks_of(const EvaluateRequest& request, bool chat) {
  Tasks tasks = make_tasks(request.tasks, {.chat = chat, .data = request.data, .shots = request.shots});
  if (has_held_out(request)) tasks.push_back(perplexity_task(kNewText, request.held_out, {}));
  if (request.old_text)
    tasks.push_back(perplexity_task(kOldText, *request.old_text, {.text_field = request.old_text_field}));
  return tasks;
}

// The last place up to `at` where no character is cut in two, and no word where there is a blank in the half before.
size_t clean_cut(const std::string& text, size_t at) {
  if (at >= text.size()) return text.size();
  const size_t blank = text.rfind(' ', at);
  if (blank != std::string::npos && blank >= at / 2) return blank;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) --at;
  return at;
}

struct Question {
  GenerateUntilRequest request;
  std::string shown, wanted;
};

Question to_question(Prompt prompt, bool chat) {
  Question question;
  question.shown = prompt.messages.empty() ? prompt.text : prompt.messages.back().content;
  if (chat && prompt.messages.empty()) prompt.messages = {{"user", prompt.text}};
  if (!chat && prompt.text.empty()) prompt.text = question.shown;
  if (!chat) prompt.messages.clear();
  question.request = {std::move(prompt), {}, kAnswerTokens};
  return question;
}

std::vector<Question> beginnings(const fs::path& held_out) {
  std::vector<Question> questions;
  for (const JsonLine& line : read_json_lines(held_out)) {
    const auto text = json_get<std::string>(line.value, "text", line.where);
    const size_t end = clean_cut(text, std::min(kBeginningBytes, text.size() / 2));
    if (end == 0) continue;
    Question question{{Prompt{text.substr(0, end), {}}, {}, kGoingOnTokens}, text.substr(0, end) + " …", {}};
    question.wanted = text.substr(end, clean_cut(text, end + kGoingOnBytes) - end);
    questions.push_back(std::move(question));
    if (questions.size() == kTexts) break;
  }
  return questions;
}

std::vector<SampleAnswer> ask(LanguageModel& model, const std::vector<Question>& questions,
                              const ModelHooks& hooks) {
  std::vector<GenerateUntilRequest> requests;
  for (const Question& question : questions) requests.push_back(question.request);
  std::vector<SampleAnswer> answers;
  for (Answer& answer : model.generate_until(requests, hooks)) {
    const Question& question = questions[answers.size()];
    answers.push_back({question.shown, question.wanted, std::move(answer.text)});
  }
  return answers;
}

std::vector<SampleAnswer> sample_answers(LanguageModel& model, const Evaluation& evaluation,
                                         const EvaluateRequest& request, bool chat, const ModelHooks& hooks) {
  if (request.samples == 0) return {};
  std::vector<Question> questions;
  for (const Prompt& prompt : request.prompts) questions.push_back(to_question(prompt, chat));
  if (!questions.empty()) return ask(model, questions, hooks);
  std::vector<SampleAnswer> answers = first_answers(evaluation, request.samples);
  if (!answers.empty() || !has_held_out(request)) return answers;
  return ask(model, beginnings(request.held_out), hooks);
}

OrderedJson to_json(const std::vector<SampleAnswer>& answers) {
  OrderedJson json = OrderedJson::array();
  for (const SampleAnswer& a : answers)
    json.push_back({{"question", a.question}, {"wanted", a.wanted}, {"answer", a.answer}});
  return json;
}

}  // namespace

std::string evaluate_model(const fs::path& directory, const std::string& name, const EvaluateRequest& request,
                           const StopFlag* stop, const ProgressFn& progress) {
  TextModel model = load_text_model(directory, request.place);
  model.name = name;
  const bool chat = request.chat && model.chat_template.has_value();
  const Tasks tasks = tasks_of(request, chat);
  EngineModel language_model(std::move(model));
  const ModelHooks hooks{progress, stop};
  Evaluation evaluation;
  OrderedJson scores = {{"model", name}, {"results", OrderedJson::object()}};
  if (!tasks.empty()) {
    evaluation = evaluate(language_model, tasks, {.keep_samples = true}, hooks);
    evaluation.model = name;
    evaluation.weights = place_text(*language_model.text_model().decoder);
    scores.update(OrderedJson::parse(results_json(evaluation)));
  }
  const std::vector<SampleAnswer> answers = sample_answers(language_model, evaluation, request, chat, hooks);
  OrderedJson json;
  json["scores"] = scores;
  json["items"] = OrderedJson::parse(item_scores_json(evaluation));
  json["samples"] = to_json(answers);
  json["tokens"] = evaluated_tokens(evaluation, language_model.text_model().tokenizer);
  return to_text(json);
}

}  // namespace evergreen
