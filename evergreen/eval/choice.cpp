#include <algorithm>

#include "evergreen/eval/answers.hpp"
#include "evergreen/eval/json_lines.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {
namespace {

struct Choice {
  std::string context, delimiter;
  std::vector<std::string> choices;
  size_t gold = 0;
  std::string document;
};

Choice read_choice(const JsonLine& line) {
  const Json& v = line.value;
  Choice c{json_get<std::string>(v, "context", line.where),
           json_get_or<std::string>(v, "delimiter", " ", line.where),
           json_get<std::vector<std::string>>(v, "choices", line.where),
           json_get<size_t>(v, "gold", line.where), v.dump()};
  if (c.choices.size() < 2) throw Error(ErrorKind::input, "fewer than two choices", line.where);
  if (std::find(c.choices.begin(), c.choices.end(), "") != c.choices.end()) {
    throw Error(ErrorKind::input, "a choice is empty", line.where);
  }
  if (c.gold >= c.choices.size()) {
    throw Error(ErrorKind::input,
                fmt::format("'gold' is {}, there are {} choices counted from 0", c.gold, c.choices.size()),
                line.where);
  }
  return c;
}

// acc: the largest log-likelihood. acc_norm: the largest per character of the choice. The first of equals, as numpy does.
class ChoiceTask final : public Task {
 public:
  ChoiceTask(std::string name, std::vector<Choice> items, bool chat) : items_(std::move(items)), chat_(chat) {
    info_.name = std::move(name);
    info_.metrics = {{"acc"}, {"acc_norm"}};
    info_.config = R"({"output_type": "multiple_choice"})";
  }
  const TaskInfo& info() const override { return info_; }
  size_t size() const override { return items_.size(); }
  std::vector<Request> requests(size_t item) const override {
    const Choice& c = items_.at(item);
    std::vector<Request> requests;
    for (const std::string& choice : c.choices) {
      LikelihoodRequest request;
      if (chat_) {
        request = {{{}, {{"user", c.context}}}, choice};
      } else {
        request = {{c.context, {}}, c.delimiter + choice};
      }
      requests.push_back(std::move(request));
    }
    return requests;
  }
  std::vector<MetricValue> score(size_t item, std::span<const Answer> answers) const override {
    const Choice& c = items_.at(item);
    size_t best = 0, best_norm = 0;
    const auto per_character = [&](size_t i) {
      return answers[i].log_likelihood / static_cast<double>(count_characters(c.choices[i]));
    };
    for (size_t i = 1; i < answers.size(); ++i) {
      if (answers[i].log_likelihood > answers[best].log_likelihood) best = i;
      if (per_character(i) > per_character(best_norm)) best_norm = i;
    }
    return {{best == c.gold ? 1.0 : 0.0, 1}, {best_norm == c.gold ? 1.0 : 0.0, 1}};
  }
  std::string document(size_t item) const override { return items_.at(item).document; }
  std::string target(size_t item) const override { return items_.at(item).choices[items_.at(item).gold]; }

 private:
  TaskInfo info_;
  std::vector<Choice> items_;
  bool chat_;
};

}  // namespace

std::unique_ptr<Task> choice_task(std::string name, const fs::path& file, const TaskOptions& options) {
  std::vector<Choice> items;
  for (const JsonLine& line : read_json_lines(file)) items.push_back(read_choice(line));
  return std::make_unique<ChoiceTask>(std::move(name), std::move(items), options.chat);
}

}  // namespace evergreen
