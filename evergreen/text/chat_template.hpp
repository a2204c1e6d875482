// Chat templates: a model's Jinja template turns messages into the text that the model was tuned on.
//
// Numbers   the text equals, byte for byte, what `apply_chat_template` of transformers 5 gives: trim_blocks and
//           lstrip_blocks on, immutable sandbox, tojson without HTML escapes, loop controls, {% generation %}.
// Time      nothing here reads a clock: the date is ChatOptions::now. Without it `strftime_now` is not defined, and
//           templates that ask for that first (Llama 3.2) fall back to the date they carry.
// Memory    recursion, output and work are bounded, whatever the template: see RenderLimits.
// Errors    Error{input} with line and column for a template that cannot be read or that fails, and for the message
//           of its raise_exception.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/calendar_time.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

struct ChatMessage {
  std::string role;  // "system", "user", "assistant", ...
  std::string content;
};

struct RenderLimits {
  int64_t output_bytes = int64_t{64} << 20;
  int64_t work = int64_t{1} << 29;  // bytes made plus 64 for each evaluated node: a few seconds at the most
};

struct ChatOptions {
  bool add_generation_prompt = false;  // end with what the assistant's answer begins with
  std::string bos_token = {}, eos_token = {};
  std::string tools_json = {};      // a JSON list; empty: none
  std::string documents_json = {};  // a JSON list; empty: none
  std::string
      variables_json;  // a JSON object of further variables, such as {"enable_thinking": false}; empty: none
  std::optional<CalendarTime> now = {};
  RenderLimits limits = {};
};

// bos_token and eos_token of a tokenizer, all else as by default.
ChatOptions chat_options(const Tokenizer& tokenizer);

struct TextSpan {
  size_t begin = 0, end = 0;  // [begin, end)
};

struct RenderedChat {
  std::string text;
  std::vector<TextSpan> assistant;  // what the assistant says, with the token that ends its turn; in order
};

// Immutable; copies share it, all members may be called by many threads at once.
class ChatTemplate {
 public:
  explicit ChatTemplate(std::string_view source);

  std::string render(std::span<const ChatMessage> messages, const ChatOptions& options = {}) const;
  // Messages in full generality (tool calls, content in parts): a JSON list of objects.
  std::string render_json(std::string_view messages_json, const ChatOptions& options = {}) const;

  // The same with the places of the assistant's answers: from {% generation %} where the template has it,
  // else by rendering the messages before and up to each answer, which must be beginnings of the whole text:
  // Error{input} where they are not. Without generation prompt.
  RenderedChat render_spans(std::span<const ChatMessage> messages, const ChatOptions& options = {}) const;
  RenderedChat render_spans_json(std::string_view messages_json, const ChatOptions& options = {}) const;

  const std::string& source() const;

  struct Parsed;

 private:
  std::shared_ptr<const Parsed> parsed_;
};

// A chat as training data: ids, and which of them the model learns to produce.
struct TokenizedChat {
  std::vector<int32_t> ids;
  std::vector<uint8_t> learned;  // 1 for ids of the assistant's answers
};

// Answers are tokenized by themselves: so the ids before an answer are those that the model is given when it
// has to write it. Nothing is added: the template has put <|begin_of_text|> where it belongs.
TokenizedChat tokenize_chat(const Tokenizer& tokenizer, const RenderedChat& chat);

// The template of a model's directory: chat_template.jinja, or `chat_template` of tokenizer_config.json (a
// text, or a list of named ones of which "default" is taken). Error{input} naming the directory where there is none.
ChatTemplate load_chat_template(const std::filesystem::path& directory);
bool has_chat_template(const std::filesystem::path& directory);

}  // namespace evergreen
