#include "evergreen/eval/task.hpp"

namespace evergreen {

FunctionItem checked_item(Request request, std::function<bool(const std::string& text)> check) {
  FunctionItem item;
  item.requests.push_back(std::move(request));
  item.score = [check = std::move(check)](std::span<const Answer> answers) {
    return std::vector<MetricValue>{{check(answers.front().text) ? 1.0 : 0.0, 1.0}};
  };
  return item;
}

}  // namespace evergreen
