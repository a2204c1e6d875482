#include "evergreen/ifeval/instruction.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::ifeval {
namespace {

void expect_refused(const std::string& id, const std::string& kwargs, const std::string& problem) {
  try {
    make_instruction(id, kwargs, "prompts.jsonl, line 7");
    ADD_FAILURE() << id << " takes " << kwargs;
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::input);
    EXPECT_EQ(e.where().find("prompts.jsonl, line 7"), 0U) << e.what();
    EXPECT_NE(std::string(e.what()).find(problem), std::string::npos) << e.what();
  }
}

TEST(Instruction, KnowsTheTwentyFiveKinds) {
  EXPECT_EQ(instruction_ids().size(), 25U);
  EXPECT_EQ(response_languages().size(), 30U);
}

TEST(Instruction, NamesTheNearestKindForOneThatIsNotThere) {
  expect_refused("punctuation:no_commas", "{}", "did you mean 'punctuation:no_comma'?");
}

TEST(Instruction, RefusesArgumentsThatAreMissingOrOfAnotherType) {
  const std::string words = "length_constraints:number_words";
  expect_refused(words, "{}", "'num_words' is missing");
  expect_refused(words, R"({"num_words": null, "relation": "at least"})", "'num_words' is missing");
  expect_refused(words, R"({"num_words": 0, "relation": "at least"})", "'num_words' is missing");
  expect_refused(words, R"({"num_words": 5})", "'relation' is missing");
  expect_refused(words, R"({"num_words": "5", "relation": "at least"})", "'num_words' is not a number");
  expect_refused(words, R"({"num_words": true, "relation": "at least"})", "'num_words' is not a number");
  expect_refused(words, R"({"num_words": -5, "relation": "at least"})", "'num_words' is negative");
  expect_refused(words, R"({"num_words": 5, "relation": "at most"})", "'at most'");
  expect_refused(words, R"({"num_words": 5, "relation": 3})", "'relation' is not a text");
  expect_refused(words, R"({"num_words": 5, "relation": "at least", "num_word": 5})",
                 "did you mean 'num_words'?");
  expect_refused(words, "[1]", "not a JSON object");
  expect_refused("punctuation:no_comma", R"({"keywords": ["a"]})", "no argument 'keywords'");
}

TEST(Instruction, RefusesArgumentsThatTheReferenceWouldReplaceByRandomOnes) {
  expect_refused("keywords:existence", R"({"keywords": []})", "'keywords' is missing");
  expect_refused("keywords:existence", R"({"keywords": "cat"})", "not a list");
  expect_refused("keywords:forbidden_words", R"({"forbidden_words": [1]})", "not a text");
  expect_refused("keywords:letter_frequency",
                 R"({"letter": "ab", "let_frequency": 1, "let_relation": "at least"})", "not one character");
  expect_refused("length_constraints:nth_paragraph_first_word",
                 R"({"num_paragraphs": 2, "nth_paragraph": 3, "first_word": "a"})", "more than");
  expect_refused("length_constraints:nth_paragraph_first_word",
                 R"({"num_paragraphs": 2, "nth_paragraph": 1.5, "first_word": "a"})", "not a whole number");
  expect_refused("language:response_language", R"({"language": "eng"})", "there is no language 'eng'");
}

TEST(Instruction, RefusesAKeywordThatIsNoPattern) {
  evergreen::test::expect_error(ErrorKind::input, "regular expression", [] {
    make_instruction("keywords:existence", R"({"keywords": ["a("]})", "x");
  });
}

TEST(Instruction, IgnoresArgumentsThatAreNullOfAnyName) {
  EXPECT_NO_THROW(make_instruction("punctuation:no_comma",
                                   R"({"num_words": null, "relation": "", "keywords": []})", "x"));
}

TEST(Instruction, TakesNumbersThatAreNotWhole) {
  EXPECT_NO_THROW(make_instruction("length_constraints:number_words",
                                   R"({"num_words": 5.0, "relation": "at least"})", "x"));
}

TEST(Instruction, MarksALetterThatTheReferenceDraws) {
  const auto made = [](const std::string& letter) {
    return make_instruction(
        "keywords:letter_frequency",
        R"({"letter": ")" + letter + R"(", "let_frequency": 1, "let_relation": "at least"})", "x");
  };
  EXPECT_FALSE(made("q").random_in_reference);
  EXPECT_FALSE(made("Q").random_in_reference);
  EXPECT_TRUE(made("!").random_in_reference);
  EXPECT_TRUE(made("\u00e9").random_in_reference);
}

// Random arguments: an instruction or Error{input}, nothing else.
TEST(Instruction, TakesOrRefusesAnyArguments) {
  const std::vector<std::string> names = {"num_words",         "relation",        "keywords",
                                          "keyword",           "frequency",       "letter",
                                          "let_frequency",     "let_relation",    "language",
                                          "num_paragraphs",    "nth_paragraph",   "first_word",
                                          "end_phrase",        "section_spliter", "num_sections",
                                          "postscript_marker", "forbidden_words", "num_bullets"};
  const std::vector<std::string> values = {
      "null",          "0",       "-1",         "3",         "1e300",    "2.5", "\"\"",    "\"at least\"",
      "\"less than\"", "\"a(b\"", "\"(a+)+$\"", "\"en\"",    "\"\\\\\"", "[]",  "[\"a\"]", "[\"[\"]",
      "[1]",           "{}",      "true",       "\"\u0130\""};
  std::mt19937 draw(1);
  size_t made = 0, refused = 0;
  for (int n = 0; n < 3000; ++n) {
    const std::string& id = instruction_ids()[draw() % instruction_ids().size()];
    std::string kwargs = "{";
    for (size_t i = 0, count = draw() % 4; i < count; ++i) {
      const std::string& name = names[draw() % names.size()];
      if (kwargs.find("\"" + name + "\"") != kwargs.npos) continue;
      kwargs += (kwargs.size() > 1 ? ", \"" : "\"") + name + "\": " + values[draw() % values.size()];
    }
    kwargs += "}";
    try {
      make_instruction(id, kwargs, "x");
      ++made;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::input) << kwargs;
      ++refused;
    }
  }
  EXPECT_GT(made, 100U);
  EXPECT_GT(refused, 100U);
}

}  // namespace
}  // namespace evergreen::ifeval
