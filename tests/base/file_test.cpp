#include "evergreen/base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {

enum class Cached { yes, no, unknown };

// Whether the page at `offset` can be read without the disk.
Cached is_cached(const fs::path& path, off_t offset) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  char byte = 0;
  const iovec one = {&byte, 1};
  const ssize_t got = ::preadv2(descriptor, &one, 1, offset, RWF_NOWAIT);
  const int error_number = errno;
  ::close(descriptor);
  if (got == 1) return Cached::yes;
  return error_number == EAGAIN ? Cached::no : Cached::unknown;
}

}  // namespace

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

TEST(File, HintsLeaveTheBytesAlone) {
  const TempDir dir;
  const std::string text(100'000, 'x');
  File file(dir / "f", File::Mode::create);
  file.write_at(0, as_bytes(text));
  for (const auto hint : {File::Hint::write_back, File::Hint::drop, File::Hint::read_ahead}) {
    file.advise(0, text.size(), hint);
    file.advise(text.size() + 1, 5, hint);  // beyond the end
    EXPECT_EQ(read_text(dir / "f"), text);
  }
}

TEST(File, WhatIsDroppedLeavesTheCacheAndReadAheadBringsItBack) {
  const fs::path path =
      "evergreen-file-test.tmp";  // here: the directory of temporary files may live in memory
  replace_file(path, std::string(1 << 20, 'x'));
  const File file(path, File::Mode::read);
  file.advise(0, 1 << 20, File::Hint::drop);
  const Cached dropped = is_cached(path, 500'000);
  file.advise(0, 1 << 20, File::Hint::read_ahead);
  Cached again = dropped;
  for (int i = 0; i < 2000 && again == Cached::no; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    again = is_cached(path, 500'000);
  }
  fs::remove(path);
  if (dropped != Cached::no) GTEST_SKIP() << "this file system keeps what is dropped, or cannot tell";
  EXPECT_EQ(again, Cached::yes);
}

TEST(File, WhatIsWrittenPastTheCacheIsReadBackWhereverItLies) {
  const TempDir dir;
  constexpr uint64_t kBytes = 20 * kPageBytes;
  for (const uint64_t offset :
       {uint64_t{0}, uint64_t{1}, kPageBytes - 1, 3 * kPageBytes, 3 * kPageBytes + 72}) {
    for (const uint64_t bytes :
         {uint64_t{1}, kPageBytes - 1, kPageBytes, 5 * kPageBytes, 9 * kPageBytes + 13}) {
      for (const uint64_t shift : {uint64_t{0}, uint64_t{8}}) {  // in memory: as in the file, and otherwise
        std::vector<std::byte> expected(kBytes), memory(kBytes + 2 * kPageBytes), got(kBytes);
        void* place = memory.data();
        size_t space = memory.size();
        std::byte* const page = static_cast<std::byte*>(std::align(kPageBytes, kBytes, place, space));
        const std::span<std::byte> data(page + (offset + shift) % kPageBytes, bytes);
        for (uint64_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(1 + (i * 7 + offset) % 251);
        std::ranges::copy(data, expected.begin() + static_cast<std::ptrdiff_t>(offset));
        const fs::path path = dir / "f";
        fs::remove(path);
        File file(path, File::Mode::create);
        file.resize(kBytes);
        file.write_past_cache();
        file.write_at(offset, data);
        file.read_at(0, got);
        EXPECT_EQ(got, expected) << offset << ' ' << bytes << ' ' << shift;
        EXPECT_EQ(file.size(), kBytes);
      }
    }
  }
}

TEST(File, WholePagesWrittenPastTheCacheAreNotInIt) {
  const TempDir dir;
  const fs::path through = dir / "through", past = dir / "past";
  std::vector<std::byte> memory(10 * kPageBytes);
  void* place = memory.data();
  size_t space = memory.size();
  const std::span<const std::byte> data(
      static_cast<std::byte*>(std::align(kPageBytes, 8 * kPageBytes, place, space)), 8 * kPageBytes);
  File(through, File::Mode::create).write_at(0, data);
  File file(past, File::Mode::create);
  file.write_past_cache();
  file.write_at(0, data);
  if (is_cached(through, 0) != Cached::yes) GTEST_SKIP() << "this file system does not tell what is cached";
  const Cached now = is_cached(past, 0);
  if (now == Cached::yes) GTEST_SKIP() << "this file system writes through the cache only";
  EXPECT_EQ(now, Cached::no);
}

TEST(File, GrowingBeyondTheDiskIsRefusedAtOnce) {
  const TempDir dir;
  File file(dir / "f", File::Mode::create);
  expect_error(ErrorKind::resource, "cannot make the file", [&] { file.resize(uint64_t{1} << 60); });
}

}  // namespace evergreen
