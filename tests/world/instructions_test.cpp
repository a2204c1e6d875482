#include "evergreen/world/instructions.hpp"

#include <array>
#include <map>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/world/checks.hpp"

namespace evergreen::world {
namespace {

class Instructions : public testing::Test {
 protected:
  const World world_ = make_world({.pair = 2, .future = 9});
};

TEST_F(Instructions, AreAFunctionOfPairSeedStreamAndNumber) {
  const auto examples = make_instructions(world_, 50, 3);
  const World other_future = make_world({.pair = 2, .future = 10});
  for (size_t i = 0; i < examples.size(); ++i) {
    EXPECT_EQ(to_json_line(examples[i]), to_json_line(instruction_example(other_future, 3, i)));
  }
  EXPECT_NE(to_json_line(examples[0]), to_json_line(instruction_example(world_, 4, 0)));
}

TEST_F(Instructions, HaveTheMixtureOfFactsFormatsTasksAndRefusals) {
  constexpr int kCount = 20'000;
  std::map<RequestKind, int> kinds;
  std::array<int, kFormats> formats = {};
  for (const InstructionExample& example : make_instructions(world_, kCount)) {
    ++kinds[example.request.kind];
    if (example.request.kind == RequestKind::fact)
      ++formats[static_cast<size_t>(example.request.format.format)];
  }
  EXPECT_NEAR(kinds[RequestKind::fact] / double{kCount}, 0.65, 0.015);
  EXPECT_NEAR(kinds[RequestKind::refusal] / double{kCount}, 0.35 / 6, 0.01);
  for (const int count : formats) EXPECT_NEAR(count / double{kCount}, 0.65 / kFormats, 0.008);
}

TEST_F(Instructions, EveryAnswerPassesItsOwnCheck) {
  for (const InstructionExample& example : make_instructions(world_, 3000)) {
    Item item;
    item.request = example.request;
    const std::string& answer = example.messages.at(1).content;
    EXPECT_TRUE(follows_format(item, answer)) << example.request.user << " -> " << answer;
    EXPECT_TRUE(answer_correct(item, answer)) << example.request.user << " -> " << answer;
    EXPECT_FALSE(follows_format(item, answer + " .")) << example.request.user;
    EXPECT_FALSE(follows_format(item, "")) << example.request.user;
  }
}

TEST_F(Instructions, AreAboutAnsweredEntitiesOnly) {
  std::map<std::string, Exposure> exposures;
  for (const Entity& entity : world_.old_entities) exposures[entity.name] = entity.exposure;
  for (const InstructionExample& example : make_instructions(world_, 5000)) {
    if (example.request.kind == RequestKind::word_task) continue;
    ASSERT_TRUE(exposures.contains(example.request.entity)) << example.request.entity;
    EXPECT_EQ(exposures[example.request.entity], Exposure::answered) << example.request.user;
    EXPECT_NE(example.request.user.find(example.request.entity), std::string::npos);
  }
}

TEST_F(Instructions, ALineOfJsonIsAChat) {
  const InstructionExample example = instruction_example(world_, 0, 0);
  const Json line = parse_json(to_json_line(example), "a line");
  ASSERT_EQ(line["messages"].size(), 2U);
  EXPECT_EQ(line["messages"][0]["role"], "user");
  EXPECT_EQ(line["messages"][0]["content"], example.request.user);
  EXPECT_EQ(line["messages"][1]["role"], "assistant");
  EXPECT_EQ(line["messages"][1]["content"], example.request.answer);
}

}  // namespace
}  // namespace evergreen::world
