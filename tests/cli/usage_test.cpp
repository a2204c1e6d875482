// What a user sees who types something wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/version.hpp"
#include "tests/cli/program.hpp"

namespace evergreen {
using test::Outcome;
using test::run_program;
using test::TempDir;
using testing::HasSubstr;

TEST(Usage, TheVersionIsTold) {
  const Outcome outcome = run_program("--version");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, std::string("evergreen ") + kVersion + "\n");
}

TEST(Usage, MisspeltCommandsAndOptionsGetTheNearestName) {
  Outcome outcome = run_program("updaet");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'update'?"));
  outcome = run_program("residual grft");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'graft'?"));
  outcome = run_program("update --base a --instruct b --corpus c --out d --sede 3");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean '--seed'?"));
}

TEST(Usage, WithoutACommandTheCommandsAreNamed) {
  Outcome outcome = run_program("");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("no command is given"));
  EXPECT_THAT(outcome.err, HasSubstr("one of residual, data, update"));
  outcome = run_program("residual");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("one of extract, apply, graft"));
  outcome = run_program("help");
  EXPECT_THAT(outcome.err, HasSubstr("evergreen --help"));
}

TEST(Usage, ANameOfTheHubIsNotDownloadedAndTheErrorSaysSo) {
  const Outcome outcome =
      run_program("residual graft --new-base n/n --base nobody-llama/Llama-3 --instruct i --out u");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("nothing is downloaded here"));
}

TEST(Usage, AMissingOptionIsNamed) {
  const Outcome outcome = run_program("update --base a");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--instruct is required"));
  EXPECT_THAT(outcome.err, HasSubstr("evergreen update --help"));
}

TEST(Usage, ANumberOutOfRangeIsToldInWords) {
  const Outcome outcome = run_program("update --base a --instruct b --corpus c --out d --learning-rate -1");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--learning-rate: '-1' is not a number above 0"));
}

TEST(Usage, AnUnknownKeyOfATomlFileIsNamedWithItsLine) {
  const TempDir dir;
  replace_file(dir / "u.toml", "base = \"b\"\nlerning-rate = 1e-5\n");
  const Outcome outcome = run_program("update --config " + (dir / "u.toml").string());
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("'lerning-rate' is not an option of this command"));
  EXPECT_THAT(outcome.err, HasSubstr("u.toml, line 2"));
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'learning-rate'?"));
}

TEST(Usage, TextThatIsNotTomlIsTold) {
  const TempDir dir;
  replace_file(dir / "u.toml", "base = \n");
  const Outcome outcome = run_program("update --config " + (dir / "u.toml").string());
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("not valid TOML"));
}

TEST(Usage, MachinesGetErrorsAsJson) {
  const TempDir dir;
  const Outcome outcome = run_program("residual inspect --json " + (dir / "nowhere").string());
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("\"exit_code\""));
}

#if EVERGREEN_WITH_TORCH
TEST(Usage, AModelThatIsNotThereIsAnInputErrorAndNothingIsWritten) {
  const TempDir dir;
  replace_file(dir / "c.txt", "some text\n");
  const std::string d = dir.path().string();
  const Outcome outcome = run_program("update --base " + d + "/b --instruct " + d + "/i --corpus " + d +
                                      "/c.txt --out " + d + "/u");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr(d + "/b"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}
#else
TEST(Usage, WithoutLibTorchTheCommandsThatNeedItSaySo) {
  const Outcome outcome = run_program("update --base b --instruct i --corpus c --out u");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("this build has no LibTorch"));
}
#endif

}  // namespace evergreen
