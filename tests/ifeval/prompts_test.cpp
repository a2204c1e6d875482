#include "evergreen/ifeval/prompts.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::ifeval {
namespace {

using evergreen::test::expect_error;

constexpr const char* kGood =
    R"({"key": 1000, "prompt": "Say it.", "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"], )"
    R"("kwargs": [{}, {"relation": "at least", "num_words": 3, "keywords": null}]})";

TEST(Prompts, AreReadFromThePublishedForm) {
  const Prompt p = parse_prompt(kGood, "x");
  EXPECT_EQ(p.key, 1000);
  EXPECT_EQ(p.text, "Say it.");
  ASSERT_EQ(p.instructions.size(), 2U);
  EXPECT_EQ(p.instructions[1].id, "length_constraints:number_words");
}

TEST(Prompts, NameFileAndLineOfWhatIsWrong) {
  const evergreen::test::TempDir dir;
  const fs::path file = dir.path() / "input_data.jsonl";
  const auto expect = [&](const std::string& line, const std::string& words) {
    replace_file(file, std::string(kGood) + "\n\n" + line + "\n");
    expect_error(ErrorKind::input, words, [&] { read_prompts(file); });
    expect_error(ErrorKind::input, "input_data.jsonl, line 3", [&] { read_prompts(file); });
  };
  expect("{", "JSON");
  expect("[1]", "not a JSON object");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": ["punctuation:no_comma"], "kwargs": []})",
         "1 instructions with 0 kwargs");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": [], "kwargs": []})", "no instruction");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [3]})",
         "not a JSON object");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": ["startend:end"], "kwargs": [{}]})",
         "no instruction 'startend:end'");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": [5], "kwargs": [{}]})", "not a text");
  expect(R"({"key": 1, "prompt": "a", "instruction_id_list": "x", "kwargs": [{}]})", "not a list");
  expect(R"({"key": "1", "prompt": "a", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})",
         "whole number");
  expect(R"({"key": 1, "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]})", "'prompt'");
}

TEST(Prompts, AreNotAnEmptyFile) {
  const evergreen::test::TempDir dir;
  replace_file(dir.path() / "empty.jsonl", "\n");
  expect_error(ErrorKind::input, "no prompt", [&] { read_prompts(dir.path() / "empty.jsonl"); });
}

}  // namespace
}  // namespace evergreen::ifeval
