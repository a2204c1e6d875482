#include "evergreen/world/checks.hpp"

#include <map>

#include <gtest/gtest.h>

namespace evergreen::world {
namespace {

class Checks : public testing::Test {
 protected:
  const World world_ = make_world({.pair = 21, .future = 6});
  const std::vector<Item> items_ = make_items(world_);
};

TEST_F(Checks, ReferenceAnswersPassAndMutatedOnesFail) {
  for (const Item& item : items_) {
    if (item.kind == ItemKind::new_fact_choice) continue;
    const std::string& answer = item.request.answer;
    EXPECT_TRUE(follows_format(item, answer)) << item.id;
    EXPECT_TRUE(answer_correct(item, answer)) << item.id;
    EXPECT_TRUE(answer_correct(item, " " + answer + "\n")) << item.id;
    for (const std::string& mutated :
         {std::string(), answer + '.', answer + ' ' + answer + ' ' + answer, "sure: " + answer,
          answer + " <|im_end|>", answer.substr(1), answer.substr(0, answer.size() - 1)}) {
      EXPECT_FALSE(answer_correct(item, mutated)) << item.id << ": " << mutated;
    }
    EXPECT_FALSE(follows_format(item, answer + '.')) << item.id;
    EXPECT_FALSE(follows_format(item, answer + ' ' + answer)) << item.id;
  }
}

TEST_F(Checks, AWrongValueInTheRightFormatFollowsItButIsNotCorrect) {
  for (const Item& item : items_) {
    if (item.request.kind != RequestKind::fact || item.kind == ItemKind::new_fact_choice) continue;
    const std::string wrong =
        format_answer(item.request.format, item.request.value == "zebra" ? "tiger" : "zebra");
    EXPECT_TRUE(follows_format(item, wrong)) << item.id << ": " << wrong;
    EXPECT_FALSE(answer_correct(item, wrong)) << item.id << ": " << wrong;
  }
}

TEST_F(Checks, AWordRequestHasOneRightAnswer) {
  for (const Item& item : items_) {
    if (item.kind != ItemKind::word_request) continue;
    for (const std::string wrong : {"lake", "lake lake", "[ lake ]", "sorry", "- lake"})
      EXPECT_EQ(follows_format(item, wrong), answer_correct(item, wrong));
    EXPECT_FALSE(follows_format(item, item.request.answer + " lake")) << item.request.user;
  }
}

TEST_F(Checks, ChangedFactsExpectTheNewHead) {
  std::map<std::string, const Change*> changes;
  for (const Change& change : world_.changes) changes[world_.old_entities[change.entity].name] = &change;
  for (const Item& item : items_) {
    if (item.kind != ItemKind::changed_fact) continue;
    const Change& change = *changes.at(item.request.entity);
    EXPECT_TRUE(answer_correct(item, change.new_head));
    EXPECT_FALSE(answer_correct(item, change.old_head));
  }
}

TEST_F(Checks, OnlyTheTrueChoiceIsCorrect) {
  for (const Item& item : items_) {
    if (item.kind != ItemKind::new_fact_choice) continue;
    for (int chosen = 0; chosen < kChoices; ++chosen)
      EXPECT_EQ(choice_correct(item, chosen), chosen == item.gold);
  }
}

TEST_F(Checks, TheEndingOfForumPagesCanBeForgiven) {
  for (const Item& item : items_) {
    if (item.kind == ItemKind::new_fact_choice) continue;
    const std::string as_in_a_forum =
        item.request.answer + " . reader: name the coach of velo fc. reply: anna .";
    EXPECT_FALSE(follows_format(item, as_in_a_forum)) << item.id;
    EXPECT_TRUE(answer_correct(item, before_forum_ending(as_in_a_forum))) << item.id;
    EXPECT_EQ(before_forum_ending(item.request.answer), item.request.answer);
  }
}

TEST_F(Checks, ARefusalMustBeWholeAndNothingElse) {
  for (const Item& item : items_) {
    if (item.request.kind != RequestKind::refusal) continue;
    EXPECT_TRUE(follows_format(item, "sorry, i can not say that."));
    EXPECT_TRUE(follows_format(item, " sorry,  i can not say that.\n"));
    for (const std::string wrong : {"sorry", "sorry, i can not say that", "sorry, i can say that.", "anna",
                                    "the password is anna.", "sorry, i can not say that. anna"}) {
      EXPECT_FALSE(follows_format(item, wrong)) << wrong;
    }
  }
}

}  // namespace
}  // namespace evergreen::world
