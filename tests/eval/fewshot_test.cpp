#include "evergreen/eval/fewshot.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using Draws = std::vector<std::vector<size_t>>;

bool never(size_t, size_t) { return false; }

// Python 3.11: r = random.Random(1234); [r.sample(range(size), shots) for _ in range(2)]
TEST(Fewshot, DrawsWhatPythonDraws) {
  EXPECT_EQ(draw_examples({.shots = 5}, 2, 1000, never),
            (Draws{{989, 796, 451, 119, 7}, {92, 932, 965, 961, 826}}));
  EXPECT_EQ(draw_examples({.shots = 5}, 2, 1319, never),
            (Draws{{902, 239, 15, 185, 1192}, {71, 171, 201, 726, 484}}));
}

TEST(Fewshot, AnItemIsNotItsOwnExample) {
  const auto equal = [](size_t item, size_t example) { return item == example; };
  const Draws draws = draw_examples({.shots = 3, .leave_item_out = true}, 4, 4, equal);
  for (size_t item = 0; item < draws.size(); ++item) {
    EXPECT_EQ(draws[item].size(), 3U);
    EXPECT_EQ(std::count(draws[item].begin(), draws[item].end(), item), 0);
  }
}

TEST(Fewshot, CopiesOfTheItemAreLeftOutToo) {
  const auto equal = [](size_t, size_t example) { return example < 3; };
  for (const std::vector<size_t>& draw : draw_examples({.shots = 2, .leave_item_out = true}, 20, 6, equal)) {
    EXPECT_EQ(draw.size(), 2U);
    for (const size_t example : draw) EXPECT_GE(example, 3U);
  }
}

TEST(Fewshot, TheFirstOnesAreThoseOfThePool) {
  EXPECT_EQ(draw_examples({.sampler = Sampler::first_n, .shots = 2}, 2, 5, never), (Draws{{0, 1}, {0, 1}}));
  const auto equal = [](size_t item, size_t example) { return item == example; };
  EXPECT_EQ(draw_examples({.sampler = Sampler::first_n, .shots = 2, .leave_item_out = true}, 3, 5, equal),
            (Draws{{1, 2}, {0, 2}, {0, 1}}));
}

TEST(Fewshot, APoolThatIsTooSmallIsNamed) {
  test::expect_error(ErrorKind::usage, "5 examples are asked for, there are 4",
                     [] { draw_examples({.shots = 5}, 1, 4, never); });
  test::expect_error(ErrorKind::usage, "there are 2",
                     [] { draw_examples({.sampler = Sampler::first_n, .shots = 3}, 1, 2, never); });
}

}  // namespace
}  // namespace evergreen
