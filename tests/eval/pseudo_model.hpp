// The pseudo-model of tools/make_eval_goldens.py: answers are checksums of what is asked.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "evergreen/base/json.hpp"
#include "evergreen/eval/language_model.hpp"

namespace evergreen::test {

inline uint32_t crc32_of(const std::string& text) {
  uint32_t crc = 0xFFFFFFFFU;
  for (const char c : text) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

// A conversation as Python's json.dumps(messages, ensure_ascii=False) writes it.
inline std::string prompt_string(const Prompt& prompt) {
  if (prompt.messages.empty()) return prompt.text;
  std::string text;
  for (const ChatMessage& m : prompt.messages) {
    text += (text.empty() ? "[" : ", ") +
            fmt::format(R"({{"role": {}, "content": {}}})", Json(m.role).dump(), Json(m.content).dump());
  }
  return text + "]";
}

class PseudoModel final : public LanguageModel {
 public:
  std::string name() const override { return "pseudo"; }
  std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests, const ModelHooks&) override {
    std::vector<Answer> answers;
    for (const LikelihoodRequest& r : requests) {
      const double sum =
          -static_cast<double>(crc32_of(prompt_string(r.prompt) + r.continuation) % 100003) / 1000.0 -
          0.25 * static_cast<double>(r.continuation.size());
      answers.push_back({.log_likelihood = sum, .is_greedy = crc32_of(r.continuation) % 3 == 0});
    }
    return answers;
  }
  std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks&) override {
    std::vector<Answer> answers;
    for (const RollingRequest& r : requests) {
      answers.push_back({.log_likelihood = -0.5 * static_cast<double>(r.document.size()) -
                                           static_cast<double>(crc32_of(r.document) % 1009) / 10.0});
    }
    return answers;
  }
  std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                     const ModelHooks&) override {
    static const std::array<std::string, 7> said = {"It is 12 or so. The answer is 1,234. #### $5.00\n",
                                                    "#### 99.",
                                                    " the answer is (B) ",
                                                    "nothing",
                                                    "The answer is -7.",
                                                    "A",
                                                    "answer is C, 3 and 40"};
    std::vector<Answer> answers;
    for (const GenerateUntilRequest& r : requests)
      answers.push_back({.text = said[crc32_of(prompt_string(r.prompt)) % said.size()]});
    return answers;
  }
};

}  // namespace evergreen::test
