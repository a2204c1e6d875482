#include "evergreen/base/file.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

TEST(File, WhatIsWrittenAtAnOffsetIsReadBack) {
  const TempDir dir;
  File file(dir / "f", File::Mode::create);
  file.resize(10);
  file.write_at(4, as_bytes("abc"));
  std::vector<std::byte> got(5);
  file.read_at(3, got);
  EXPECT_EQ(std::to_integer<char>(got[0]), '\0');
  EXPECT_EQ(std::to_integer<char>(got[3]), 'c');
  EXPECT_EQ(file.size(), 10U);
}

TEST(File, AFileThatEndsTooEarlyIsAnInputError) {
  const TempDir dir;
  replace_file(dir / "f", "abc");
  const File file(dir / "f", File::Mode::read);
  std::vector<std::byte> got(4);
  expect_error(ErrorKind::input, "the file ends at byte 3", [&] { file.read_at(0, got); });
}

TEST(File, MissingFilesAndDirectoriesAreNamed) {
  const TempDir dir;
  expect_error(ErrorKind::io, "nowhere", [&] { File(dir / "nowhere", File::Mode::read); });
  expect_error(ErrorKind::input, "this is a directory", [&] { File(dir.path(), File::Mode::read); });
}

TEST(File, ReplacingLeavesNothingBeside) {
  const TempDir dir;
  replace_file(dir / "f", "old");
  replace_file(dir / "f", "new");
  EXPECT_EQ(read_text(dir / "f"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

TEST(File, GrowingBeyondTheDiskIsRefusedAtOnce) {
  const TempDir dir;
  File file(dir / "f", File::Mode::create);
  expect_error(ErrorKind::resource, "cannot make the file", [&] { file.resize(uint64_t{1} << 60); });
}

}  // namespace evergreen
