#include "evergreen/generate/generation_config.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

GenerationConfig read(const std::string& json) {
  const test::TempDir dir;
  replace_file(dir / "generation_config.json", json);
  return read_generation_config(dir.path());
}

}  // namespace

TEST(GenerationConfig, EosIsANumberOrAList) {
  EXPECT_EQ(read(R"({"eos_token_id": 3})").eos_token_ids, std::vector<int32_t>{3});
  EXPECT_EQ(read(R"({"eos_token_id": [3, 5]})").eos_token_ids, (std::vector<int32_t>{3, 5}));
  EXPECT_TRUE(read(R"({"eos_token_id": null})").eos_token_ids.empty());
}

TEST(GenerationConfig, SamplingCountsOnlyWithDoSample) {
  EXPECT_EQ(read(R"({"temperature": 0.6, "top_p": 0.9})").sampling, Sampling{});
  EXPECT_EQ(read(R"({"do_sample": true, "temperature": 0.6, "top_p": 0.9, "top_k": 20})").sampling,
            (Sampling{.temperature = 0.6, .top_k = 20, .top_p = 0.9}));
  EXPECT_EQ(read(R"({"repetition_penalty": 1.05})").sampling, (Sampling{.repetition_penalty = 1.05}));
  EXPECT_EQ(read(R"({"do_sample": true})").sampling, (Sampling{.temperature = 1, .top_k = 50}));
}

TEST(GenerationConfig, AMissingFileIsGreedyAndAWrongOneAnError) {
  EXPECT_EQ(read_generation_config(test::TempDir().path()).sampling, Sampling{});
  test::expect_error(ErrorKind::input, "'temperature'",
                     [] { read(R"({"do_sample": true, "temperature": "hot"})"); });
}

}  // namespace evergreen
