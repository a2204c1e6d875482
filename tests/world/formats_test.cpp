#include "evergreen/world/formats.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace evergreen::world {
namespace {

// For each format: answers that are in it (all with the word anna) and answers that are not.
struct FormatCase {
  FormatRequest request;
  std::string answer;
  std::vector<std::string> also_good, bad;
};

std::vector<FormatCase> all_cases() {
  return {
      {{Format::plain, ""},
       "anna",
       {" anna", "anna\n"},
       {"", " ", "anna.", "anna anna", "Anna", "\" anna \"", "- anna", "the anna", "anna1", "an-na"}},
      {{Format::quotes, ""},
       "\" anna \"",
       {"\"anna\"", " \" anna \" "},
       {"anna", "\" anna", "anna \"", "\" \"", "\"\"", "\"", "\" anna \" .", "\" anna anna \"",
        "\"\" anna \"\"", "' anna '", "so \" anna \"", "[ anna ]"}},
      {{Format::brackets, ""},
       "[ anna ]",
       {"[anna]"},
       {"anna", "[ anna", "anna ]", "[ ]", "( anna )", "[ anna ] .", "[ [ anna ] ]", "[ anna boris ]",
        "] anna [", "[ \" anna \" ]"}},
      {{Format::bold, ""},
       "** anna **",
       {"**anna**"},
       {"anna", "* anna *", "** anna", "anna **", "**", "****", "** **", "** anna ** .", "*** anna ***",
        "** anna ** **"}},
      {{Format::parentheses, ""},
       "( anna )",
       {"(anna)"},
       {"anna", "( anna", "anna )", "[ anna ]", "( )", "( anna ) (", "(( anna ))", "( anna, )"}},
      {{Format::json, ""},
       "{ \"answer\": \" anna \" }",
       {"{\"answer\":\"anna\"}", "{ \"answer\" : \"anna\" }"},
       {"anna", "{ \"answer\": anna }", "{ \"answer\": \" anna \"", "{ \"reply\": \" anna \" }",
        "{ \"answer\": 1 }", "{ \"answer\": [ \"anna\" ] }", "{ \"answer\": \" anna \" } .",
        "{ \"answer\": \"anna\", \"x\": 1 }", "{ \"answer\": \"anna\", \"answer\": \"anna\" }",
        "{ \"answer\": \"anna anna\" }", "\" anna \"", "{}", "null", "{ \"answer\": \"\" }",
        "{ 'answer': 'anna' }"}},
      {{Format::twice, ""},
       "anna anna",
       {"anna  anna", "anna\nanna"},
       {"anna", "anna anna anna", "anna boris", "anna, anna", "annaanna", "anna anna.", ""}},
      {{Format::three_times, ""},
       "anna anna anna",
       {},
       {"anna", "anna anna", "anna anna anna anna", "anna anna boris", "boris anna anna", "anna boris anna",
        ""}},
      {{Format::list, ""},
       "- anna",
       {"-anna"},
       {"anna", "-", "- ", "- anna -", "- anna - boris", "* anna", "1. anna", "- anna.", "-- anna",
        "anna -"}},
      {{Format::start_word, "blue"},
       "blue anna",
       {},
       {"anna", "blue", "red anna", "anna blue", "blueanna", "blue anna blue", "blue blue anna", "blue, anna",
        "Blue anna"}},
      {{Format::end_word, "blue"},
       "anna blue",
       {},
       {"anna", "blue", "anna red", "blue anna", "annablue", "anna blue.", "anna blue blue", "anna, blue"}},
      {{Format::end_phrase, "that is all"},
       "anna that is all",
       {},
       {"anna", "that is all", "anna that is", "anna is all", "anna thank you", "annathat is all",
        "anna that is all.", "anna anna that is all", "that is all anna"}}};
}

TEST(Formats, EveryFormatHasCases) {
  const auto cases = all_cases();
  ASSERT_EQ(cases.size(), size_t{kFormats});
  for (int i = 0; i < kFormats; ++i)
    EXPECT_EQ(static_cast<int>(cases[static_cast<size_t>(i)].request.format), i);
}

TEST(Formats, TheAnswerInAFormatIsReadBack) {
  for (const FormatCase& c : all_cases()) {
    EXPECT_EQ(format_answer(c.request, "anna"), c.answer);
    EXPECT_EQ(payload(c.request, c.answer), "anna") << format_name(c.request.format);
    for (const std::string& answer : c.also_good) EXPECT_EQ(payload(c.request, answer), "anna") << answer;
  }
}

TEST(Formats, MutatedAnswersAreNotInTheFormat) {
  for (const FormatCase& c : all_cases())
    for (const std::string& answer : c.bad)
      EXPECT_EQ(payload(c.request, answer), std::nullopt) << format_name(c.request.format) << ": " << answer;
}

TEST(Formats, NoAnswerIsInTwoFormats) {
  const auto cases = all_cases();
  for (const FormatCase& asked : cases) {
    for (const FormatCase& given : cases) {
      if (asked.request == given.request) continue;
      // "anna anna" cannot be told from the word anna and the closing word anna, but no word of a task is a value.
      EXPECT_EQ(payload(asked.request, given.answer), std::nullopt)
          << format_name(asked.request.format) << ": " << given.answer;
    }
  }
}

TEST(Formats, DroppingAnyOneCharacterThatIsNotASpaceOrOfTheWordBreaksTheFormat) {
  for (const FormatCase& c : all_cases()) {
    for (size_t i = 0; i < c.answer.size(); ++i) {
      std::string mutated = c.answer;
      if (mutated[i] == ' ') continue;
      mutated.erase(i, 1);
      EXPECT_NE(payload(c.request, mutated), "anna") << format_name(c.request.format) << ": " << mutated;
    }
  }
}

TEST(Formats, TheInstructionNamesItsArgumentAndPlainHasNone) {
  for (const FormatCase& c : all_cases()) {
    RandomStream stream(1, "test", static_cast<uint64_t>(c.request.format));
    for (int i = 0; i < 20; ++i) {
      const std::string text = format_instruction(c.request, stream);
      EXPECT_EQ(text.empty(), c.request.format == Format::plain);
      EXPECT_NE(text.find(c.request.argument), std::string::npos) << text;
      EXPECT_EQ(text.find('{'), std::string::npos) << text;
    }
  }
}

TEST(Formats, OnlyFormatsThatNeedAnArgumentDrawOne) {
  RandomStream stream(1, "test");
  for (int f = 0; f < kFormats; ++f) {
    const auto format = static_cast<Format>(f);
    const bool needs =
        format == Format::start_word || format == Format::end_word || format == Format::end_phrase;
    EXPECT_EQ(draw_format(format, stream).argument.empty(), !needs) << format_name(format);
  }
}

}  // namespace
}  // namespace evergreen::world
