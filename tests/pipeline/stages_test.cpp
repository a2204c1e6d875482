#include "evergreen/pipeline/stages.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(WorkDirectory, AStageRunsOnceForItsKeyAndAnewForAnother) {
  const test::TempDir dir;
  int runs = 0;
  const auto body = [&] { return "{\"run\":" + std::to_string(++runs) + "}"; };
  for (int call = 0; call < 2; ++call) {
    WorkDirectory work(dir / "w", {{"seed", "1"}});
    EXPECT_EQ(work.stage("tokens", "key-1", body), "{\"run\":1}");
  }
  WorkDirectory work(dir / "w", {{"seed", "1"}});
  EXPECT_EQ(work.stage("tokens", "key-2", body), "{\"run\":2}");
  EXPECT_TRUE(work.is_finished("tokens", "key-2"));
  EXPECT_FALSE(work.is_finished("tokens", "key-1"));
}

TEST(WorkDirectory, AResultIsTheSameTextFromDiskSoThatLaterKeysHold) {
  const test::TempDir dir;
  const auto body = [] { return std::string("{\n  \"z\": 0.10,\n  \"a\": [1, 2]\n}\n"); };
  const std::string fresh = WorkDirectory(dir / "w", {}).stage("tokens", "k", body);
  WorkDirectory again(dir / "w", {});
  EXPECT_EQ(again.stage("tokens", "k", body), fresh);
  EXPECT_EQ(fresh, "{\"z\":0.1,\"a\":[1,2]}");
  EXPECT_GE(again.seconds().at("tokens"), 0.0);
}

TEST(WorkDirectory, OtherSettingsAreNamedWithBothValues) {
  const test::TempDir dir;
  WorkDirectory(dir / "w", {{"seed", "1"}, {"scale", "1"}});
  test::expect_error(ErrorKind::input, "scale = 1, now it is 0.5", [&] {
    WorkDirectory(dir / "w", {{"seed", "1"}, {"scale", "0.5"}});
  });
}

TEST(WorkDirectory, AStageThatThrewIsNotFinished) {
  const test::TempDir dir;
  WorkDirectory work(dir / "w", {});
  EXPECT_THROW(work.stage("a", "k", []() -> std::string { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_FALSE(work.is_finished("a", "k"));
}

}  // namespace evergreen
