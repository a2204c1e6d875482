#include "evergreen/eval/prompt_template.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

Fields fields() {
  Fields f;
  f.set("question", jinja::Value::text(" who? "));
  f.set("n", jinja::Value::integer(3));
  return f;
}

std::string render(const std::string& source) { return PromptTemplate(source, "a test").text(fields()); }

TEST(PromptTemplate, TextKeepsItsLineBreaks) {
  EXPECT_EQ(render("{{question.strip()}}\n{% if n > 2 %}\n  x{% endif %}\n"), "who?\n\n  x\n");
}

TEST(PromptTemplate, AFieldsNameIsTheFieldAndAnExpressionItsValue) {
  EXPECT_EQ(render("question"), " who? ");
  EXPECT_TRUE(PromptTemplate("{{n}}", "a test").value(fields()).is_integer());
  EXPECT_EQ(value_texts(PromptTemplate("{{[n, 'a'] | map('upper')}}", "a test").value(fields())),
            (std::vector<std::string>{"3", "A"}));
  EXPECT_TRUE(PromptTemplate("{{n}} ", "a test").value(fields()).is_text());
}

TEST(PromptTemplate, RegexReplaceIsPythonsSub) {
  EXPECT_EQ(render("{{'a  (  b ) c' | regex_replace('\\\\(\\\\s*([^)]*?)\\\\s*\\\\)', '(\\\\1)')}}"),
            "a  (b) c");
  test::expect_error(ErrorKind::input, "no other backslash",
                     [] { render("{{'a' | regex_replace('a', '\\\\2')}}"); });
}

TEST(PromptTemplate, WhatIsNotThereIsAnError) {
  test::expect_error(ErrorKind::input, "'answer' is undefined", [] { render("{{answer}}"); });
  test::expect_error(ErrorKind::input, "a test", [] { render("{{answer}}"); });
  test::expect_error(ErrorKind::input, "'answer' is undefined",
                     [] { render("x {% for a in answer %}{% endfor %}"); });
  EXPECT_EQ(render("{{answer if answer is defined else 'none'}}"), "none");
}

}  // namespace
}  // namespace evergreen
