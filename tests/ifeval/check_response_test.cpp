#include "evergreen/ifeval/check_response.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

Instruction instruction(const std::string& id, const std::string& kwargs = "{}") {
  return make_instruction(id, kwargs, "test");
}

bool strict(const Instruction& i, std::string_view response) {
  return check_response({&i, 1}, response).strict[0];
}
bool loose(const Instruction& i, std::string_view response) {
  return check_response({&i, 1}, response).loose[0];
}

TEST(CheckResponse, GivesTheVerdictsOfTheReferenceForEveryInstructionAndText) {
  const auto& texts = test::golden_texts();
  std::map<std::string, int> followed, broken;
  size_t by_parameters = 0;
  for (const Json& line : test::golden_lines("verdicts.jsonl")) {
    const auto id = line.at("id").get<std::string>();
    const Instruction i = instruction(id, line.at("kwargs").dump());
    auto verdicts = line.at("verdicts").get<std::string>();
    ASSERT_EQ(verdicts.size(), texts.size());
    const Json otherwise = line.value("otherwise_with_our_punkt", Json::object());
    for (const auto& [text, verdict] : otherwise.items()) {
      verdicts[std::stoul(text)] = verdict.get<std::string>()[0];
      ++by_parameters;
    }
    for (size_t t = 0; t < texts.size(); ++t) {
      const Verdicts v = check_response({&i, 1}, test::text_of(texts[t]));
      EXPECT_EQ(v.strict[0], verdicts[t] == '2') << id << line.at("kwargs") << "\n" << texts[t].at("text");
      EXPECT_EQ(v.loose[0], verdicts[t] != '0') << id << line.at("kwargs") << "\n" << texts[t].at("text");
      ++(verdicts[t] != '0' ? followed : broken)[id];
    }
  }
  EXPECT_LE(by_parameters, 6U) << "of some 23,000: the library's sentence parameters are not NLTK's";
  EXPECT_EQ(followed.size(), 25U) << "a kind of instruction is never followed";
  EXPECT_EQ(broken.size(), 25U) << "a kind of instruction is always followed";
}

TEST(CheckResponse, ReadsLooselyWithoutTheFirstLineTheLastLineAndAsterisks) {
  const Instruction quoted = instruction("startend:quotation");
  EXPECT_TRUE(strict(quoted, "\"text\""));
  EXPECT_FALSE(strict(quoted, "Sure!\n\"text\""));
  EXPECT_TRUE(loose(quoted, "Sure!\n\"text\""));
  EXPECT_TRUE(loose(quoted, "\"text\"\nBye"));
  EXPECT_TRUE(loose(quoted, "Sure!\n\"text\"\nBye"));
  EXPECT_TRUE(loose(quoted, "**\"text\"**"));
  EXPECT_TRUE(loose(quoted, "Sure!\n\n**\"text\"**\n\nBye"));
  EXPECT_FALSE(loose(quoted, "Sure!\nReally!\n\"text\"\nBye"));
}

TEST(CheckResponse, SaysNoToABlankResponse) {
  for (const char* id : {"punctuation:no_comma", "detectable_format:json_format"}) {
    for (const char* blank : {"", "  \n\t ", "\u3000"}) {
      EXPECT_FALSE(strict(instruction(id), blank));
      EXPECT_FALSE(loose(instruction(id), blank));
    }
  }
}

TEST(CheckResponse, GivesOneVerdictForEachInstructionInOrder) {
  const std::vector<Instruction> all = {instruction("punctuation:no_comma"),
                                        instruction("startend:quotation"),
                                        instruction("detectable_format:title")};
  const Verdicts v = check_response(all, "<<Title>>\na, b");
  EXPECT_EQ(v.strict, (std::vector<bool>{false, false, true}));
  EXPECT_EQ(v.loose, (std::vector<bool>{true, false, true}));  // the title alone has no comma
  EXPECT_FALSE(all_followed(v.strict));
  EXPECT_TRUE(all_followed({true, true}));
}

TEST(CheckResponse, ReadsIllFormedTextWithReplacementCharacters) {
  const Instruction words =
      instruction("length_constraints:number_words", R"({"num_words": 2, "relation": "at least"})");
  EXPECT_TRUE(strict(words, "one\xFFtwo"));
  EXPECT_FALSE(strict(words, "\xC3\x28\xE2\x82one"));
}

TEST(CheckResponse, CountsTheCharacterThatIsAskedForWhereTheReferenceDrawsOne) {
  const Instruction hashes = instruction(
      "keywords:letter_frequency", R"({"letter": "#", "let_frequency": 2, "let_relation": "at least"})");
  EXPECT_TRUE(hashes.random_in_reference);
  EXPECT_TRUE(strict(hashes, "# and #"));
  EXPECT_FALSE(strict(hashes, "only #"));
}

TEST(CheckResponse, TakesTheSeedOfTheLanguageDetector) {
  const Instruction english = instruction("language:response_language", R"({"language": "en"})");
  const std::string text = "The weather is fine today and we are going to the market.";
  for (const uint32_t seed : {0U, 1U, 99U})
    EXPECT_TRUE(check_response({&english, 1}, text, {nullptr, seed}).strict[0]);
}

// All instructions of the golden file over random texts: nothing to compare with, but it must end, and without a fault.
TEST(CheckResponse, EndsForAnyTextWhatever) {
  std::vector<Instruction> all;
  for (const Json& line : test::golden_lines("verdicts.jsonl")) {
    all.push_back(instruction(line.at("id").get<std::string>(), line.at("kwargs").dump()));
  }
  const std::vector<std::string> pieces = {"*",
                                           "**",
                                           "***",
                                           "******",
                                           "\n",
                                           "\n\n",
                                           " ",
                                           "-",
                                           ".",
                                           "...",
                                           ". . .",
                                           "?!",
                                           "\"",
                                           "'",
                                           "n't",
                                           "[",
                                           "]",
                                           "<<",
                                           ">>",
                                           "{",
                                           "}",
                                           ":",
                                           ",",
                                           "Section 1",
                                           "P.S.",
                                           "p. p. s",
                                           "```json",
                                           "cat",
                                           "THE",
                                           "Mr.",
                                           "J.",
                                           "5.",
                                           "\u2019",
                                           "\u0130",
                                           "\u03a3",
                                           "\u4e2d",
                                           "\xF0\x9F\x98\x80",
                                           "\xFF",
                                           "http://a",
                                           "@",
                                           "a@b.c",
                                           "\x1c",
                                           "\u3000",
                                           "e\u0301",
                                           "\\",
                                           "\t",
                                           "1e9",
                                           "aaa",
                                           "Z",
                                           std::string(1, '\0')};
  std::mt19937 draw(20231107);
  for (int n = 0; n < 400; ++n) {
    std::string text;
    const size_t length = draw() % 120;
    for (size_t i = 0; i < length; ++i) text += pieces[draw() % pieces.size()];
    EXPECT_EQ(check_response(all, text).loose.size(), all.size());
  }
}

TEST(CheckResponse, TakesTimeInProportionToTheTextForRunsOfOneMark) {
  std::vector<Instruction> all;
  for (const Json& line : test::golden_lines("verdicts.jsonl")) {
    if (line.at("id") == "keywords:frequency") continue;  // patterns of the user's own
    all.push_back(instruction(line.at("id").get<std::string>(), line.at("kwargs").dump()));
  }
  for (const std::string piece :
       {"*", "[", "<<", ".", "!", "\n", " ", "'", "\"", ". ", "a@", "-", "\u2019", ".'"}) {
    std::string text;
    while (text.size() < 20000) text += piece;
    text = "a" + text + "b";
    EXPECT_EQ(check_response(all, text).strict.size(), all.size());
  }
}

}  // namespace
}  // namespace evergreen::ifeval
