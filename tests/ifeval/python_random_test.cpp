#include "evergreen/ifeval/python_random.hpp"

#include <gtest/gtest.h>

#include "tests/ifeval/goldens.hpp"

namespace evergreen::ifeval {
namespace {

TEST(PythonRandom, DrawsWhatPythonDraws) {
  for (const Json& golden : test::golden_lines("random.jsonl")) {
    PythonRandom random(golden.at("seed").get<uint32_t>());
    for (const Json& value : golden.at("gauss")) EXPECT_DOUBLE_EQ(random.gauss(), value.get<double>());
    for (const Json& value : golden.at("uniform")) EXPECT_EQ(random.uniform(), value.get<double>());
    const size_t sizes[] = {1, 2, 3, 1000, 70000};
    for (size_t i = 0; i < 5; ++i) EXPECT_EQ(random.index(sizes[i]), golden.at("choice").at(i).get<size_t>());
  }
}

// Python 3.11: r = random.Random(5); r.sample(range(size), count)
TEST(PythonRandom, SamplesFromAListOrASet) {
  using Indices = std::vector<size_t>;
  PythonRandom random(5);
  EXPECT_EQ(random.sample(10, 4), (Indices{9, 4, 5, 6}));
  EXPECT_EQ(random.sample(22, 5), (Indices{20, 16, 0, 14, 7}));
  EXPECT_EQ(random.sample(90, 6), (Indices{83, 6, 20, 14, 47, 60}));
  EXPECT_EQ(random.sample(1000000, 7), (Indices{910631, 258550, 399253, 570174, 106927, 601820, 261442}));
}

}  // namespace
}  // namespace evergreen::ifeval
