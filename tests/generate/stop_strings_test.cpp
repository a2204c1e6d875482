#include "evergreen/generate/stop_strings.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace evergreen {
namespace {

struct Outcome {
  std::string text;
  bool stopped;
};

Outcome stream(const std::string& text, size_t piece, std::vector<std::string> stops) {
  StopStrings filter(std::move(stops));
  std::string out;
  for (size_t at = 0; at < text.size() && !filter.stopped(); at += piece)
    out += filter.push(text.substr(at, piece));
  if (!filter.stopped()) out += filter.finish();
  return {out, filter.stopped()};
}

}  // namespace

TEST(StopStrings, CutAtTheFirstWhateverThePieces) {
  for (size_t piece = 1; piece <= 12; ++piece) {
    EXPECT_EQ(stream("one two\n\nthree", piece, {"\n\n"}).text, "one two");
    EXPECT_EQ(stream("aab aaab end", piece, {"aaab"}).text, "aab ");
    EXPECT_EQ(stream("say Q: or A: now", piece, {"A:", "Q:"}).text, "say ");
    EXPECT_FALSE(stream("one two\n", piece, {"\n\n"}).stopped);
    EXPECT_EQ(stream("one two\n", piece, {"\n\n"}).text, "one two\n");
    EXPECT_EQ(stream("free", piece, {}).text, "free");
    EXPECT_EQ(stream("free", piece, {""}).text, "free");
  }
}

TEST(StopStrings, HoldBackOnlyWhatMayStillStop) {
  StopStrings filter({"</answer>"});
  EXPECT_EQ(filter.push("it is <"), "it is ");
  EXPECT_EQ(filter.push("b>"), "<b>");
  EXPECT_EQ(filter.push("so</ans"), "so");
  EXPECT_EQ(filter.push("wer> more"), "");
  EXPECT_TRUE(filter.stopped());
  EXPECT_EQ(filter.push("ignored"), "");
}

}  // namespace evergreen
