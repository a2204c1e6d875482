#include <gtest/gtest.h>

#include "tests/cli/program.hpp"

namespace evergreen {
using test::run_program;
using test::TempDir;

namespace {
const std::string kModel = std::string(EVERGREEN_TEST_DATA) + "/../models/world-llama";

void write_corpus(const fs::path& directory) {
  fs::create_directories(directory);
  std::string lines;
  for (int i = 0; i < 30; ++i)
    lines += "{\"text\": \"the town opened bridge number " + std::to_string(i) + "\"}\n";
  replace_file(directory / "a.jsonl", lines + "{\"text\": \"the town opened bridge number 3\"}\nnonsense\n");
  replace_file(directory / "b.txt", "a text of its own");
}
}  // namespace

TEST(Data, ACorpusIsPreparedAndInspected) {
  const TempDir dir;
  write_corpus(dir / "corpus");
  const std::string out = (dir / "out").string();
  const std::string command =
      "data prepare --corpus " + (dir / "corpus").string() + " --tokenizer " + kModel + " --out " + out;
  test::Outcome outcome = run_program(command);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_NE(outcome.err.find("a.jsonl, line 32"), std::string::npos) << outcome.err;
  outcome = run_program(command + " --max-bad 1 --dedup exact --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("\"exact_duplicate\": 1"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out, read_text(dir / "out/report.json"));
  outcome = run_program("data inspect " + out + " --verify --samples 1");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("train: 31 documents"), std::string::npos) << outcome.out;
  outcome = run_program("data inspect " + (dir / "corpus").string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("33 records, 32 documents"), std::string::npos) << outcome.out;
  outcome = run_program("data inspect " + (dir / "corpus").string() + " --verify");
  EXPECT_EQ(outcome.exit_code, 2);
}

TEST(Data, OptionsMayComeFromAFile) {
  const TempDir dir;
  write_corpus(dir / "corpus");
  replace_file(dir / "c.toml", "corpus = [\"" + (dir / "corpus/a.jsonl").string() + "\", \"" +
                                   (dir / "corpus/*.txt").string() + "\"]\ntokenizer = \"" + kModel +
                                   "\"\nmax-bad = \"5%\"\nclean = [\"unicode\"]\ndedup = \"near\"\n");
  const test::Outcome outcome =
      run_program("data prepare --config " + (dir / "c.toml").string() + " --out " + (dir / "out").string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("dropped: exact_duplicate             "), std::string::npos) << outcome.out;
}

TEST(Data, MisspeltNamesGetTheNearest) {
  const std::string command = "data prepare --corpus c --tokenizer t --out o ";
  test::Outcome outcome = run_program(command + "--clean gophr");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("did you mean 'gopher'"), std::string::npos) << outcome.err;
  outcome = run_program(command + "--dedup naer");
  EXPECT_NE(outcome.err.find("did you mean 'near'"), std::string::npos) << outcome.err;
  outcome = run_program(command + "--max-bad some");
  EXPECT_NE(outcome.err.find("neither a count nor a share"), std::string::npos) << outcome.err;
}

}  // namespace evergreen
