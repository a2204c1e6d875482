#include <algorithm>

#include "evergreen/eval/answers.hpp"
#include "evergreen/eval/dates.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {
namespace {

constexpr int64_t kAnswerTokens = 64;

struct Question {
  std::string text;
  std::vector<std::string> answers;  // each is right
  std::string document, date, where;
};

Question read_question(const JsonLine& line) {
  Question q;
  q.text = json_get<std::string>(line.value, "question", line.where);
  q.document = line.value.dump();
  q.date = json_get_or<std::string>(line.value, "date", "", line.where);
  q.where = line.where;
  const bool several = line.value.contains("answers");
  if (several && line.value.contains("answer")) {
    throw Error(ErrorKind::input, "both 'answer' and 'answers' are given", line.where);
  }
  if (several)
    q.answers = json_get<std::vector<std::string>>(line.value, "answers", line.where);
  else
    q.answers.push_back(json_get<std::string>(line.value, "answer", line.where));
  if (q.answers.empty()) throw Error(ErrorKind::input, "'answers' is empty", line.where);
  return q;
}

class QaTask final : public Task {
 public:
  QaTask(std::string name, std::vector<Question> questions, const TaskOptions& options)
      : questions_(std::move(questions)), chat_(options.chat) {
    if (options.max_new_tokens > 0) max_new_tokens_ = options.max_new_tokens;
    info_.name = std::move(name);
    info_.metrics = {{"exact_match", "strict"}, {"exact_match", "normalized"}, {"f1", "normalized"}};
    info_.config =
        OrderedJson{{"output_type", "generate_until"},
                    {"doc_to_text", chat_ ? "{{question}}" : "Question: {{question}}\nAnswer:"},
                    {"generation_kwargs", {{"max_gen_toks", max_new_tokens_}, {"do_sample", false}}}}
            .dump();
  }
  void join(const std::string& group) { info_.groups.push_back(group); }
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return questions_.size(); }
  std::vector<Request> requests(size_t item) const override {
    const std::string& question = questions_.at(item).text;
    GenerateUntilRequest request;
    request.max_new_tokens = max_new_tokens_;
    if (chat_) {
      request.prompt.messages = {{"user", question}};
    } else {
      request.prompt.text = "Question: " + question + "\nAnswer:";
      request.until = {"\n"};
    }
    return {request};
  }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    const std::string& said = answers.front().text;
    double strict = 0, normalized = 0, f1 = 0;
    for (const std::string& right : questions_.at(item).answers) {
      strict = std::max(strict, strip(said) == strip(right) ? 1.0 : 0.0);
      normalized = std::max(normalized, normalize_answer(said) == normalize_answer(right) ? 1.0 : 0.0);
      f1 = std::max(f1, token_f1(said, right));
    }
    return {{strict, 1}, {normalized, 1}, {f1, 1}};
  }
  std::string document(size_t item) const override { return questions_.at(item).document; }
  std::string target(size_t item) const override { return questions_.at(item).answers.front(); }

 private:
  TaskInfo info_;
  std::vector<Question> questions_;
  bool chat_;
  int64_t max_new_tokens_ = kAnswerTokens;
};

}  // namespace

Tasks qa_tasks(std::string name, const fs::path& file, const TaskOptions& options) {
  std::vector<Question> before, questions;
  for (const JsonLine& line : read_json_lines(file)) {
    Question q = read_question(line);
    if (!options.since.empty()) require_date(q.date, q.where);
    (!options.since.empty() && is_before(q.date, options.since) ? before : questions).push_back(std::move(q));
  }
  Tasks tasks;
  const auto add = [&](std::vector<Question> some, const char* ending) {
    if (some.empty()) return;
    auto task = std::make_unique<QaTask>(name + ending, std::move(some), options);
    if (*ending != 0) task->join(name);
    tasks.push_back(std::move(task));
  };
  add(std::move(before), kBefore);
  add(std::move(questions), options.since.empty() ? "" : kFrom);
  return tasks;
}

}  // namespace evergreen
