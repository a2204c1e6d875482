#include "evergreen/eval/prompt_turns.hpp"

#include "evergreen/eval/answers.hpp"

namespace evergreen {
namespace {

bool begins_with_space(std::string_view text) { return !text.empty() && strip(text).data() != text.data(); }

bool needs_delimiter(std::string_view first, std::string_view second) {
  return !first.empty() && !ends_with_space(first) && !begins_with_space(second);
}

}  // namespace

bool ends_with_space(std::string_view text) { return !text.empty() && strip_end(text).size() != text.size(); }

std::string join_texts(const std::string& first, const std::string& second, const std::string& delimiter) {
  if (first.empty() || second.empty()) return first + second;
  return first + (needs_delimiter(first, second) ? delimiter : "") + second;
}

void PromptTurns::system(std::string text) {
  if (!text.empty()) turns_.push_back({"system", std::move(text), ""});
}

void PromptTurns::question(const std::string& text, const std::string& answer, const std::string& prefix,
                           const std::string& target_delimiter, const std::string& end) {
  const bool delimited = prefix.empty() ? !answer.empty() : needs_delimiter(text, prefix);
  turns_.push_back({"user", text, delimited ? target_delimiter : ""});
  if (!answer.empty())
    turns_.push_back({"assistant", join_texts(prefix, answer, " "), end});
  else if (!prefix.empty())
    turns_.push_back({"assistant", prefix, ""});
}

Prompt PromptTurns::plain() const {
  Prompt prompt;
  for (const Turn& turn : turns_) prompt.text += turn.text + turn.delimiter;
  return prompt;
}

Prompt PromptTurns::conversation(bool multi_turn) const {
  Prompt prompt;
  if (multi_turn) {
    for (const Turn& turn : turns_) prompt.messages.push_back({turn.role, turn.text});
    return prompt;
  }
  size_t first = 0, last = turns_.size();
  if (turns_.front().role == "system") prompt.messages.push_back({"system", turns_[first++].text});
  const bool prefixed = turns_.back().role == "assistant";
  if (prefixed) --last;
  std::string text;
  for (size_t i = first; i < last; ++i) text += turns_[i].text + (i + 1 < last ? turns_[i].delimiter : "");
  prompt.messages.push_back({"user", std::move(text)});
  if (prefixed) prompt.messages.push_back({"assistant", turns_.back().text});
  return prompt;
}

}  // namespace evergreen
