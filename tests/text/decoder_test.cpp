#include "evergreen/text/decoder.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

DecoderSteps sentencepiece_steps() {
  DecoderSteps steps;
  steps.emplace_back(decoder::Replace{Pattern("\u2581", "test"), " "});
  steps.emplace_back(decoder::ByteFallback{});
  steps.emplace_back(decoder::Fuse{});
  steps.emplace_back(decoder::Strip{U' ', 1, 0});
  return steps;
}

std::vector<std::string> pieces(const DecoderSteps& steps, const std::vector<std::string>& tokens) {
  DecoderRun run(steps);
  std::vector<std::string> given;
  for (const std::string& token : tokens) given.push_back(run.push(token));
  given.push_back(run.finish());
  return given;
}

using Pieces = std::vector<std::string>;

TEST(Decoder, BytesWaitForTheirCharacter) {
  const DecoderSteps steps = sentencepiece_steps();
  EXPECT_EQ(pieces(steps, {"\u2581a", "\u2581b"}), (Pieces{"a", " b", ""}));
  EXPECT_EQ(pieces(steps, {"<0xC3>", "<0xA9>", "x"}), (Pieces{"", "", "éx", ""}));
  EXPECT_EQ(pieces(steps, {"x", "<0xC3>"}), (Pieces{"x", "", "\uFFFD"}));
  // A byte that spoils the run spoils all of it, as in the reference.
  EXPECT_EQ(pieces(steps, {"<0xC3>", "<0xA9>", "<0xFF>"}).back(), "\uFFFD\uFFFD\uFFFD");
}

TEST(Decoder, ByteLevelGivesOutWholeCharacters) {
  DecoderSteps steps;
  steps.emplace_back(decoder::ByteLevel{});
  EXPECT_EQ(pieces(steps, {"ĠÃ", "©", "ðŁĺ"}), (Pieces{" ", "é", "", "\uFFFD"}));
}

TEST(Decoder, WithoutOneTokensAreJoinedBySpaces) {
  DecoderSteps steps;
  steps.emplace_back(decoder::JoinWithSpaces{});
  EXPECT_EQ(pieces(steps, {"a", "b"}), (Pieces{"a", " b", ""}));
}

TEST(Decoder, WhatOnlyTheEndDecidesComesAtTheEnd) {
  DecoderSteps steps;
  steps.emplace_back(decoder::Fuse{});
  steps.emplace_back(decoder::Replace{Pattern("ab", "test"), "X"});
  steps.emplace_back(decoder::Strip{U'c', 0, 1});
  EXPECT_EQ(pieces(steps, {"a", "b", "c"}), (Pieces{"", "", "", "X"}));
}

TEST(Decoder, StripCountsCharactersAcrossTokens) {
  DecoderSteps steps;
  steps.emplace_back(decoder::Fuse{});
  steps.emplace_back(decoder::Strip{U' ', 2, 0});
  EXPECT_EQ(pieces(steps, {" ", " ", " a", " "}), (Pieces{"", "", " a", " ", ""}));
}

TEST(Decoder, MetaspaceOfTheFirstTokenGoes) {
  DecoderSteps steps;
  steps.emplace_back(decoder::Metaspace{"\u2581", true});
  EXPECT_EQ(pieces(steps, {"\u2581a\u2581", "\u2581b"}), (Pieces{"a", " b", ""}));
}

}  // namespace
}  // namespace evergreen
