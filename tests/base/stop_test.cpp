#include "evergreen/base/stop.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(StopFlag, ThrowsOnlyOnceRequested) {
  StopFlag stop;
  EXPECT_NO_THROW(throw_if_stopped(&stop, "training"));
  EXPECT_NO_THROW(throw_if_stopped(nullptr, "training"));
  stop.request();
  test::expect_error(ErrorKind::interrupted, "training was interrupted",
                     [&] { throw_if_stopped(&stop, "training"); });
}

}  // namespace evergreen
