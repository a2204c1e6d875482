#include "evergreen/base/error.hpp"

#include <cerrno>

#include <gtest/gtest.h>

namespace evergreen {

TEST(Error, SaysWhatWhereAndNextOnThreeLines) {
  const Error error(ErrorKind::input, "a tensor is missing", "model.safetensors", "download it again");
  EXPECT_STREQ(error.what(), "a tensor is missing\n  where  model.safetensors\n  next   download it again");
}

TEST(Error, AFullDiskIsAResourceAndARefusalIsIo) {
  EXPECT_EQ(exit_code(system_error(ENOSPC, "cannot write", "x").kind()), 5);
  EXPECT_EQ(exit_code(system_error(EACCES, "cannot write", "x").kind()), 4);
}

}  // namespace evergreen
