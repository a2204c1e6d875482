#include "evergreen/data/commit_log.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {

// Whatever a kill leaves of the last line, the one before counts, and the log goes on.
TEST(CommitLog, ALineThatWasCutOffCountsForNothing) {
  const test::TempDir dir;
  EXPECT_FALSE(CommitLog(dir / "log").last());
  {
    CommitLog log(dir / "log");
    log.commit("{\"a\": 1}");
    log.commit("{\"b\": 2}");
    EXPECT_EQ(log.last(), "{\"b\": 2}");
  }
  const std::string whole = read_text(dir / "log");
  const size_t second = whole.find('\n') + 1;
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    replace_file(dir / "log", whole.substr(0, cut));
    CommitLog log(dir / "log");
    const auto wanted = cut == whole.size() ? std::optional<std::string>("{\"b\": 2}")
                        : cut >= second     ? std::optional<std::string>("{\"a\": 1}")
                                            : std::nullopt;
    EXPECT_EQ(log.last(), wanted) << cut;
    log.commit("{\"c\": 3}");
    EXPECT_EQ(CommitLog(dir / "log").last(), "{\"c\": 3}");
  }
  std::string changed = whole;
  changed[second + 40] = '9';
  replace_file(dir / "log", changed);
  EXPECT_EQ(CommitLog(dir / "log").last(), "{\"a\": 1}");
}

}  // namespace evergreen
