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

}  // namespace
}  // namespace evergreen::ifeval
