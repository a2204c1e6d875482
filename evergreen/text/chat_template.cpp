#include "evergreen/text/chat_template.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/jinja/evaluator.hpp"
#include "evergreen/text/jinja/json_value.hpp"
#include "evergreen/text/jinja/parser.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {

using jinja::Dict;
using jinja::Rendered;
using jinja::Value;

struct ChatTemplate::Parsed {
  std::string source;
  jinja::Block body;
  bool has_generation = false;
};

namespace {

std::string well_formed(std::string_view text) {
  std::string out;
  append_replacing_ill_formed(out, text);
  return out;
}

bool mentions_generation(const jinja::Block& body) {
  return std::any_of(body.begin(), body.end(), [](const jinja::StatementPtr& statement) {
    if (statement->kind == jinja::Statement::Kind::generation) return true;
    const auto in_branch = [](const jinja::Branch& branch) { return mentions_generation(branch.body); };
    return mentions_generation(statement->body) || mentions_generation(statement->otherwise) ||
           std::any_of(statement->branches.begin(), statement->branches.end(), in_branch);
  });
}

std::vector<Value> from_messages(std::span<const ChatMessage> messages) {
  std::vector<Value> values;
  for (const ChatMessage& message : messages) {
    Dict dict;
    dict.set("role", Value::text(well_formed(message.role)));
    dict.set("content", Value::text(well_formed(message.content)));
    values.push_back(Value::dict(std::move(dict)));
  }
  return values;
}

// transformers gives a message's reasoning under all the names that templates read it by.
Value with_reasoning_names(const Value& message) {
  const Dict& given = message.as_dict();
  const Value* reasoning = nullptr;
  for (const char* name : {"reasoning_content", "thinking", "reasoning"}) {
    const Value* found = given.find_name(name);
    if (reasoning == nullptr && found != nullptr && !found->is_none()) reasoning = found;
  }
  if (reasoning == nullptr) return message;
  Dict all;
  all.set("thinking", *reasoning);
  for (const auto& [name, value] : given.entries()) all.set(jinja::dict_key(name), name, value);
  all.set("reasoning_content", *reasoning);
  return Value::dict(std::move(all));
}

std::vector<Value> parse_messages(std::string_view json) {
  const Value parsed = jinja::parse_json_value(json, "messages of a chat");
  if (!parsed.is_sequence()) throw Error(ErrorKind::input, "the messages of a chat must be a JSON list");
  std::vector<Value> messages;
  for (const Value& message : parsed.as_sequence().items) {
    if (!message.is_dict()) {
      throw Error(ErrorKind::input,
                  fmt::format("message {} of a chat is not a JSON object", messages.size() + 1));
    }
    messages.push_back(with_reasoning_names(message));
  }
  return messages;
}

Value optional_list(const std::string& json, const std::string& where) {
  if (json.empty()) return Value();
  Value value = jinja::parse_json_value(json, where);
  if (!value.is_sequence()) throw Error(ErrorKind::input, "the " + where + " must be a JSON list");
  return value;
}

// What the template finds by name, but for `messages` and `add_generation_prompt`.
Dict common_variables(const ChatOptions& options) {
  Dict variables;
  variables.set("tools", optional_list(options.tools_json, "tools of a chat"));
  variables.set("documents", optional_list(options.documents_json, "documents of a chat"));
  variables.set("bos_token", Value::text(well_formed(options.bos_token)));
  variables.set("eos_token", Value::text(well_formed(options.eos_token)));
  if (!options.variables_json.empty()) {
    const Value more = jinja::parse_json_value(options.variables_json, "variables of a chat");
    if (!more.is_dict()) throw Error(ErrorKind::input, "the variables of a chat must be a JSON object");
    for (const auto& [name, value] : more.as_dict().entries())
      variables.set(jinja::dict_key(name), name, value);
  }
  return variables;
}

Rendered render_values(const ChatTemplate::Parsed& parsed, std::vector<Value> messages, bool prompt,
                       const ChatOptions& options, const Dict& common) {
  jinja::Runtime runtime({.output_bytes = options.limits.output_bytes, .work = options.limits.work});
  runtime.now = options.now;
  Dict variables = common;
  variables.set("messages", Value::sequence({.items = std::move(messages)}));
  variables.set("add_generation_prompt", Value::boolean(prompt));
  return jinja::render(parsed.body, runtime, variables);
}

std::string render_text(const ChatTemplate::Parsed& parsed, std::vector<Value> messages,
                        const ChatOptions& options) {
  return render_values(parsed, std::move(messages), options.add_generation_prompt, options,
                       common_variables(options))
      .text;
}

bool is_assistant(const Value& message) {
  const Value* role = message.as_dict().find_name("role");
  return role != nullptr && role->is_text() && role->as_text() == "assistant";
}

// White space behind the token that ends the turn belongs to the template, not to the answer.
size_t end_of_answer(const std::string& text, TextSpan span, const std::string& eos) {
  const size_t found = eos.empty() ? std::string::npos : text.substr(0, span.end).rfind(eos);
  if (found == std::string::npos || found < span.begin) return span.end;
  const size_t end = found + eos.size();
  return text.find_first_not_of(" \t\r\n", end) < span.end ? span.end : end;
}

[[noreturn]] void fail_prefix(size_t index, const char* which) {
  throw Error(
      ErrorKind::input,
      fmt::format("the text {} message {} does not begin the text of the whole chat: with this template the "
                  "place of the assistant's answers is not known",
                  which, index + 1),
      "chat template",
      "train on the last answer of each chat only, or mark answers with {% generation %} in the template");
}

RenderedChat spans_by_prefixes(const ChatTemplate::Parsed& parsed, const std::vector<Value>& messages,
                               const ChatOptions& options) {
  const Dict common = common_variables(options);
  RenderedChat chat{render_values(parsed, messages, false, options, common).text, {}};
  const auto render_first = [&](size_t count, bool prompt) {
    const auto end = messages.begin() + static_cast<std::ptrdiff_t>(count);
    return render_values(parsed, {messages.begin(), end}, prompt, options, common).text;
  };
  for (size_t i = 0; i < messages.size(); ++i) {
    if (!is_assistant(messages[i])) continue;
    const std::string before = render_first(i, true);
    if (!chat.text.starts_with(before)) fail_prefix(i, "before");
    const std::string through = i + 1 == messages.size() ? chat.text : render_first(i + 1, false);
    if (!chat.text.starts_with(through) || through.size() < before.size()) fail_prefix(i, "up to and with");
    const TextSpan span{before.size(), through.size()};
    chat.assistant.push_back({span.begin, end_of_answer(chat.text, span, options.eos_token)});
  }
  return chat;
}

RenderedChat render_with_spans(const ChatTemplate::Parsed& parsed, const std::vector<Value>& messages,
                               const ChatOptions& options) {
  if (!parsed.has_generation) return spans_by_prefixes(parsed, messages, options);
  Rendered rendered = render_values(parsed, messages, false, options, common_variables(options));
  if (rendered.generation_in_macro) {
    throw Error(ErrorKind::input,
                "a {% generation %} block inside a macro or another block has no known place",
                "chat template");
  }
  RenderedChat chat{std::move(rendered.text), {}};
  for (const auto& [begin, end] : rendered.generation) chat.assistant.push_back({begin, end});
  return chat;
}

}  // namespace

ChatTemplate::ChatTemplate(std::string_view source) {
  auto parsed = std::make_shared<Parsed>();
  parsed->source = well_formed(source);
  parsed->body = jinja::parse(parsed->source);
  parsed->has_generation = mentions_generation(parsed->body);
  parsed_ = std::move(parsed);
}

const std::string& ChatTemplate::source() const { return parsed_->source; }

std::string ChatTemplate::render(std::span<const ChatMessage> messages, const ChatOptions& options) const {
  return render_text(*parsed_, from_messages(messages), options);
}

std::string ChatTemplate::render_json(std::string_view messages_json, const ChatOptions& options) const {
  return render_text(*parsed_, parse_messages(messages_json), options);
}

RenderedChat ChatTemplate::render_spans(std::span<const ChatMessage> messages,
                                        const ChatOptions& options) const {
  return render_with_spans(*parsed_, from_messages(messages), options);
}

RenderedChat ChatTemplate::render_spans_json(std::string_view messages_json,
                                             const ChatOptions& options) const {
  return render_with_spans(*parsed_, parse_messages(messages_json), options);
}

ChatOptions chat_options(const Tokenizer& tokenizer) {
  ChatOptions options;
  options.bos_token = tokenizer.bos_token();
  options.eos_token = tokenizer.eos_token();
  return options;
}

TokenizedChat tokenize_chat(const Tokenizer& tokenizer, const RenderedChat& chat) {
  TokenizedChat tokenized;
  const auto add = [&](size_t begin, size_t end, bool learned) {
    tokenizer.encode(std::string_view(chat.text).substr(begin, end - begin), {.add_special_tokens = false},
                     tokenized.ids);
    tokenized.learned.resize(tokenized.ids.size(), learned);
  };
  size_t done = 0;
  for (const TextSpan& span : chat.assistant) {
    add(done, span.begin, false);
    add(span.begin, span.end, true);
    done = span.end;
  }
  add(done, chat.text.size(), false);
  return tokenized;
}

}  // namespace evergreen
