#include "evergreen/text/chat_template.hpp"

#include <set>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/text/golden_cases.hpp"

namespace evergreen {
namespace {

using test::expect_error;

ChatOptions golden_options(const OrderedJson& one) {
  ChatOptions options;
  options.now = CalendarTime{2024, 7, 26, 12, 34, 56};
  options.bos_token = one.value("bos_token", "");
  options.eos_token = one.value("eos_token", "");
  options.add_generation_prompt = one.value("add_generation_prompt", false);
  if (one.contains("tools")) options.tools_json = one["tools"].dump();
  if (one.contains("documents")) options.documents_json = one["documents"].dump();
  if (one.contains("variables")) options.variables_json = one["variables"].dump();
  return options;
}

// Errors that say the same in words of our own: syntax, and what Python says about its own internals.
bool in_own_words(const std::string& error) {
  for (const char* kind :
       {"TemplateSyntaxError", "TemplateAssertionError", "SecurityError", "RecursionError", "SyntaxError",
        "IndexError", "OverflowError", "TypeError: no loader", "TypeError: sync_do_join"}) {
    if (error.starts_with(kind)) return true;
  }
  return false;
}

TEST(ChatTemplate, RenderingsAndErrorsEqualThoseOfTransformers) {
  const OrderedJson golden = test::golden_json("templates.json");
  ASSERT_GT(golden["cases"].size(), 150u);
  for (const auto& one : golden["cases"]) {
    const std::string source = one["template"];
    SCOPED_TRACE(source);
    try {
      const std::string text = ChatTemplate(source).render_json(one["messages"].dump(), golden_options(one));
      EXPECT_TRUE(one.contains("rendered")) << "expected " << one.value("error", "") << ", got " << text;
      EXPECT_EQ(text, one.value("rendered", ""));
    } catch (const Error& error) {
      ASSERT_TRUE(one.contains("error")) << error.what();
      const std::string expected = one["error"];
      EXPECT_EQ(static_cast<int>(error.kind()), static_cast<int>(ErrorKind::input));
      EXPECT_NE(error.where().find("chat template, line "), std::string::npos) << error.what();
      if (in_own_words(expected)) continue;
      EXPECT_EQ(error.problem(), expected.substr(expected.find(": ") + 2));
    }
  }
}

const char* const kChatMl =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
    "'<|im_end|>' + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
const std::vector<ChatMessage> kChat = {
    {"system", "Be brief."}, {"user", "Hi"}, {"assistant", "Hello."}, {"user", "Bye"}, {"assistant", "Bye!"}};

std::vector<std::string> answers(const RenderedChat& chat) {
  std::vector<std::string> texts;
  for (const TextSpan& span : chat.assistant)
    texts.push_back(chat.text.substr(span.begin, span.end - span.begin));
  return texts;
}

TEST(ChatTemplate, ErrorsNameLineAndColumn) {
  expect_error(ErrorKind::input, "line 3, column 8", [] { ChatTemplate("a\n\n{{ 1 + }}"); });
  expect_error(ErrorKind::input, "line 2, column 22",
               [] { ChatTemplate("{% if true %}\n   é {{ messages[0].x.y }}{% endif %}").render(kChat); });
  expect_error(ErrorKind::input, "did you mean 'upper'", [] { ChatTemplate("{{ 'a' | uper }}"); });
  expect_error(ErrorKind::input, "did you mean 'endif'", [] { ChatTemplate("{% endiff %}"); });
}

TEST(ChatTemplate, AnswersAreFoundByRenderingPrefixes) {
  const ChatTemplate chat_ml(kChatMl);
  ChatOptions options;
  EXPECT_EQ(answers(chat_ml.render_spans(kChat, options)),
            (std::vector<std::string>{"Hello.<|im_end|>\n", "Bye!<|im_end|>\n"}));
  options.eos_token = "<|im_end|>";  // known: the newline behind it is the template's
  EXPECT_EQ(answers(chat_ml.render_spans(kChat, options)),
            (std::vector<std::string>{"Hello.<|im_end|>", "Bye!<|im_end|>"}));
}

TEST(ChatTemplate, AnswersAreFoundByGenerationBlocks) {
  const ChatTemplate marked(
      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}é"
      "{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}");
  const RenderedChat chat = marked.render_spans(kChat);
  EXPECT_EQ(answers(chat), (std::vector<std::string>{"Hello.é", "Bye!é"}));
  EXPECT_EQ(chat.text, marked.render(kChat));
}

TEST(ChatTemplate, ATemplateThatRewritesHistoryHasNoSpans) {
  const ChatTemplate forgetful(
      "{% for m in messages %}<{{ m.role }}>{{ m.content if loop.last or m.role != 'assistant' else '...' "
      "}}{% endfor %}"
      "{% if add_generation_prompt %}<assistant>{% endif %}");
  expect_error(ErrorKind::input, "up to and with message 3 does not begin the text of the whole chat",
               [&] { forgetful.render_spans(kChat); });
}

TEST(ChatTemplate, OnlyAnswersAreLearned) {
  const Tokenizer tokenizer = Tokenizer::from_json(read_text(test::golden_path("text/qwen.tokenizer.json")));
  ChatOptions options;
  options.eos_token = "<|im_end|>";
  const RenderedChat chat = ChatTemplate(kChatMl).render_spans(kChat, options);
  const TokenizedChat tokenized = tokenize_chat(tokenizer, chat);
  ASSERT_EQ(tokenized.ids.size(), tokenized.learned.size());
  EXPECT_EQ(tokenizer.decode(tokenized.ids), chat.text);
  std::vector<int32_t> learned, prompt;
  for (size_t i = 0; i < tokenized.ids.size(); ++i) {
    if (tokenized.learned[i]) learned.push_back(tokenized.ids[i]);
    if (learned.empty()) prompt.push_back(tokenized.ids[i]);
  }
  EXPECT_EQ(tokenizer.decode(learned), "Hello.<|im_end|>Bye!<|im_end|>");
  // What stands before the first answer is what the model is given when it has to write it.
  options.add_generation_prompt = true;
  const std::string given = ChatTemplate(kChatMl).render(std::span(kChat).first(2), options);
  EXPECT_EQ(prompt, tokenizer.encode(given, {.add_special_tokens = false}));
}

TEST(ChatTemplate, TheDateIsInjected) {
  const ChatTemplate dated("{{ strftime_now('%d %b %Y') if strftime_now is defined else 'no date' }}");
  EXPECT_EQ(dated.render(kChat), "no date");
  ChatOptions options;
  options.now = CalendarTime{2031, 2, 3};
  EXPECT_EQ(dated.render(kChat, options), "03 Feb 2031");
}

TEST(ChatTemplate, IllFormedMessagesAreRepaired) {
  EXPECT_EQ(
      ChatTemplate("{{ messages[0].content | length }}").render(std::vector<ChatMessage>{{"user", "a\xff"}}),
      "2");
}

TEST(ChatTemplate, RunawayTemplatesEndWithAnError) {
  const auto stops = [](const std::string& words, const std::string& source) {
    ChatOptions options;
    options.limits = {.output_bytes = 1 << 20, .work = 1 << 24};
    const double start = processor_seconds();
    expect_error(ErrorKind::input, words, [&] { ChatTemplate(source).render(kChat, options); });
    EXPECT_LT(processor_seconds() - start, 20) << source;
  };
  stops("does too much work",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}");
  stops("does too much work",
        "{% set ns = namespace(s='x') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}");
  stops("does too much work", "{{ 'x' * 9999999999 }}");
  stops("does too much work", "{{ [0] * 99999999999 }}");
  stops("does too much work", "{{ '%d' | center(99999999999) }}");
  stops("longer than", "{% for i in range(99999) %}{{ 'x' * 1000 }}{% endfor %}");
  stops("recursion depth", "{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}");
  stops("nested too deeply",
        "{% set ns = namespace(l=[]) %}{% for i in range(999) %}{% set ns.l = [ns.l] %}{% endfor %}");
  stops("does too much work",
        "{% set ns = namespace(l=[1, 2]) %}{% for i in range(150) %}{% set ns.l = [ns.l, ns.l] %}{% endfor "
        "%}{{ ns.l }}");
  stops("nested too deeply", "{{ " + std::string(100000, '(') + "1" + std::string(100000, ')') + " }}");
  stops("nested too deeply", "{{ " + std::string(100000, '[') + std::string(100000, ']') + " }}");
  stops("recursion depth", "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}");
  std::string chain = "{{ 1";
  for (int i = 0; i < 100000; ++i) chain += " + 1";
  stops("too long", chain + " }}");
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "{% if true %}";
  stops("nested too deeply", nested);
}

TEST(ChatTemplate, MessagesMustBeAListOfObjects) {
  const ChatTemplate any("{{ messages }}");
  expect_error(ErrorKind::input, "must be a JSON list", [&] { any.render_json("{}"); });
  expect_error(ErrorKind::input, "message 2 of a chat is not a JSON object",
               [&] { any.render_json("[{}, 1]"); });
  expect_error(ErrorKind::input, "not valid JSON", [&] { any.render_json("[{]"); });
  expect_error(ErrorKind::input, "zero byte", [&] { any.render_json(std::string_view("[]\0[", 4)); });
  expect_error(ErrorKind::input, "occurs twice", [&] { any.render_json(R"([{"a": 1, "a": 2}])"); });
  expect_error(ErrorKind::input, "nested deeper", [&] { any.render_json(std::string(10000, '[')); });
}

TEST(LoadChatTemplate, ReadsTheFileOrTheConfig) {
  const test::TempDir dir;
  expect_error(ErrorKind::input, "this model has no chat template", [&] { load_chat_template(dir.path()); });
  EXPECT_FALSE(has_chat_template(dir.path()));
  replace_file(dir / "tokenizer_config.json", R"({"chat_template": "one"})");
  EXPECT_EQ(load_chat_template(dir.path()).source(), "one");
  replace_file(
      dir / "tokenizer_config.json",
      R"({"chat_template": [{"name": "tool_use", "template": "a"}, {"name": "default", "template": "b"}]})");
  EXPECT_EQ(load_chat_template(dir.path()).source(), "b");
  replace_file(dir / "tokenizer_config.json",
               R"({"chat_template": [{"name": "tool_use", "template": "a"}]})");
  expect_error(ErrorKind::input, "none of the chat templates (tool_use) is named 'default'",
               [&] { load_chat_template(dir.path()); });
  replace_file(dir / "chat_template.jinja", "file");
  EXPECT_EQ(load_chat_template(dir.path()).source(), "file");
  EXPECT_TRUE(has_chat_template(dir.path()));
}

}  // namespace
}  // namespace evergreen
