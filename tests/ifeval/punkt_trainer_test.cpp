#include "evergreen/ifeval/punkt_trainer.hpp"

#include <gtest/gtest.h>

#include "tests/support/data.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PunktTrainer, LearnsWhatNltkLearnsFromTheSameText) {
  const PunktParameters golden = read_punkt_tab(evergreen::test::golden_path("ifeval/punkt_tab"));
  PunktTrainer trainer(golden.abbreviations);
  trainer.add(read_text(evergreen::test::golden_path("ifeval/training.txt")));
  const PunktParameters ours = trainer.parameters();
  EXPECT_EQ(ours.sentence_starters, golden.sentence_starters);
  EXPECT_FALSE(golden.sentence_starters.empty());
  EXPECT_EQ(ours.contexts, golden.contexts);
}

TEST(PunktTrainer, LeavesOutContextsThatAreRare) {
  PunktTrainer trainer({});
  trainer.add("Now the dog ran. The dog saw the cat. In the book The Dog the cat sleeps. the end.");
  EXPECT_NE(trainer.parameters().context("the") & ortho::kInsideUpper, 0);
  const PunktParameters common = trainer.parameters({.context_share = 0.3});
  EXPECT_EQ(common.context("the") & ortho::kInsideUpper, 0);
  EXPECT_NE(common.context("the") & ortho::kInsideLower, 0);
  EXPECT_EQ(trainer.parameters({.min_occurrences = 3}).contexts.count("end"), 0U);
}

}  // namespace
}  // namespace evergreen::ifeval
