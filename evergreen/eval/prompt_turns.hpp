// The parts of a prompt in order, put together as plain text or as a conversation.
//
// Source    lm-evaluation-harness 0.4.13: build_qa_turn() of lm_eval/api/task.py, lm_eval/api/utils.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/eval/language_model.hpp"

namespace evergreen {

class PromptTurns {
 public:
  void system(std::string text);  // nothing where it is empty
  // A question with its answer, or, where `answer` is empty, the one that is asked. `prefix` begins the answer.
  void question(const std::string& text, const std::string& answer, const std::string& prefix,
                const std::string& target_delimiter, const std::string& end);

  Prompt plain() const;
  // One user turn for all questions, or with `multi_turn` a turn for each question and each answer.
  Prompt conversation(bool multi_turn) const;

 private:
  struct Turn {
    std::string role, text, delimiter;  // the delimiter is for plain text
  };
  std::vector<Turn> turns_;
};

bool ends_with_space(std::string_view text);
// Both, with the delimiter between them where neither has white space there; the other one where one is empty.
std::string join_texts(const std::string& first, const std::string& second, const std::string& delimiter);

}  // namespace evergreen
