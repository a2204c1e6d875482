#include "evergreen/demo/world_tasks.hpp"

#include <algorithm>
#include <map>

#include "evergreen/world/checks.hpp"

namespace evergreen {
namespace {

constexpr int64_t kMaxAnswerTokens = 32;

bool form_counts(world::ItemKind kind) {
  return kind == world::ItemKind::format_fact || kind == world::ItemKind::word_request;
}

bool is_good(const world::Item& item, std::string_view answer) {
  return form_counts(item.kind) ? world::follows_format(item, answer) : world::answer_correct(item, answer);
}

FunctionItem chat_item(const world::Item& item) {
  GenerateUntilRequest request;
  request.prompt.messages = {{"user", item.request.user}};
  request.max_new_tokens = kMaxAnswerTokens;
  FunctionItem made;
  made.requests = {request};
  made.target = item.request.answer;
  made.score = [item](std::span<const Answer> answers) {
    const Answer& answer = answers.front();
    const bool ended = answer.finish == "stop_token" || answer.finish == "stop_string";
    const double strict = ended && is_good(item, answer.text) ? 1.0 : 0.0;
    const double lenient = strict > 0 || is_good(item, world::before_forum_ending(answer.text)) ? 1.0 : 0.0;
    return std::vector<MetricValue>{{strict, 1.0}, {lenient, 1.0}};
  };
  return made;
}

FunctionItem choice_item(const world::Item& item) {
  FunctionItem made;
  for (const std::string& choice : item.choices) {
    LikelihoodRequest request;
    request.prompt.text = item.prefix;
    request.continuation = choice;
    made.requests.emplace_back(request);
  }
  made.target = item.choices.at(static_cast<size_t>(item.gold));
  made.score = [item](std::span<const Answer> answers) {
    const auto best = std::max_element(answers.begin(), answers.end(), [](const Answer& a, const Answer& b) {
      return a.log_likelihood < b.log_likelihood;
    });
    const bool good = world::choice_correct(item, static_cast<int>(best - answers.begin()));
    return std::vector<MetricValue>{{good ? 1.0 : 0.0, 1.0}};
  };
  return made;
}

}  // namespace

Tasks world_tasks(const std::vector<world::Item>& items) {
  std::map<std::string, std::vector<FunctionItem>> by_task;
  for (const world::Item& item : items) {
    const std::string task =
        form_counts(item.kind) ? kFormatFollowed : std::string(world::item_kind_name(item.kind));
    by_task[task].push_back(item.kind == world::ItemKind::new_fact_choice ? choice_item(item)
                                                                          : chat_item(item));
  }
  Tasks tasks;
  for (auto& [name, made] : by_task) {
    TaskInfo info;
    info.name = name;
    info.metrics = {{"acc", kStrict}};
    if (name != world::item_kind_name(world::ItemKind::new_fact_choice))
      info.metrics.push_back({"acc", kLenient});
    tasks.push_back(std::make_unique<FunctionTask>(info, std::move(made)));
  }
  return tasks;
}

}  // namespace evergreen
