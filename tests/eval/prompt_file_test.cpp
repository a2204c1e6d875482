#include "evergreen/eval/prompt_file.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(PromptFile, LinesOfTextAndOfJsonArePrompts) {
  const test::TempDir dir;
  replace_file(dir / "p.txt", "one\n\ntwo");
  const std::vector<Prompt> lines = read_prompts(dir / "p.txt");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].text, "two");
  replace_file(dir / "p.jsonl",
               "{\"prompt\": \"one\"}\n{\"messages\": [{\"role\": \"user\", \"content\": \"two\"}]}\n");
  const std::vector<Prompt> json = read_prompts(dir / "p.jsonl");
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0].text, "one");
  EXPECT_EQ(json[1].messages.at(0).content, "two");
}

TEST(PromptFile, AFileWithoutAPromptAndAnotherKindAreRefused) {
  const test::TempDir dir;
  replace_file(dir / "p.txt", "\n");
  test::expect_error(ErrorKind::input, "no prompt", [&] { read_prompts(dir / "p.txt"); });
  test::expect_error(ErrorKind::input, "prompts are .txt, .jsonl", [&] { read_prompts(dir / "p.md"); });
}

}  // namespace evergreen
