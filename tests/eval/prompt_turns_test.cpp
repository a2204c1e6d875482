#include "evergreen/eval/prompt_turns.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

PromptTurns example(const std::string& prefix) {
  PromptTurns turns;
  turns.system("Rules.");
  turns.question("Q1", "A1", prefix, " ", "\n\n");
  turns.question("Q2", "", prefix, " ", "");
  return turns;
}

std::string shown(const Prompt& prompt) {
  std::string text = prompt.text;
  for (const ChatMessage& m : prompt.messages) text += "<" + m.role + ">" + m.content;
  return text;
}

TEST(PromptTurns, PlainTextHasTheDelimiters) {
  EXPECT_EQ(shown(example("").plain()), "Rules.Q1 A1\n\nQ2");
  EXPECT_EQ(shown(example("The answer is").plain()), "Rules.Q1 The answer is A1\n\nQ2 The answer is");
}

TEST(PromptTurns, AConversationHasOneUserTurnOrMany) {
  EXPECT_EQ(shown(example("").conversation(false)), "<system>Rules.<user>Q1 A1\n\nQ2");
  EXPECT_EQ(shown(example("").conversation(true)), "<system>Rules.<user>Q1<assistant>A1<user>Q2");
  EXPECT_EQ(shown(example("Well:").conversation(false)),
            "<system>Rules.<user>Q1 Well: A1\n\nQ2<assistant>Well:");
}

TEST(PromptTurns, WhiteSpaceNeedsNoDelimiter) {
  EXPECT_EQ(join_texts("a", "b", "-"), "a-b");
  EXPECT_EQ(join_texts("a\n", "b", "-"), "a\nb");
  EXPECT_EQ(join_texts("a", " b", "-"), "a b");
  EXPECT_EQ(join_texts("", "b", "-"), "b");
  EXPECT_EQ(join_texts("a", "", "-"), "a");
}

}  // namespace
}  // namespace evergreen
