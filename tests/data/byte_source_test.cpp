#include "evergreen/data/byte_source.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "tests/data/compress.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::gzip_of;
using test::TempDir;
using test::zstd_of;

namespace {
std::string some_text(size_t size) {
  RandomStream stream(1, "byte source");
  std::string text;
  while (text.size() < size)
    text += std::to_string(stream.next()) + std::string(stream.below(40), 'a') + "\n";
  return text;
}

std::string read_all(const fs::path& path, size_t step, uint64_t skip = 0) {
  const std::unique_ptr<ByteSource> source = open_bytes(corpus_files({path}).front());
  source->skip(skip);
  std::string all, part(step, '\0');
  while (const size_t got = source->read(part)) all.append(part, 0, got);
  EXPECT_EQ(source->read(part), 0U);
  EXPECT_EQ(source->stored_bytes(), fs::file_size(path));
  return all;
}
}  // namespace

TEST(ByteSource, PlainAndCompressedGiveTheSameBytes) {
  const TempDir dir;
  const std::string text = some_text(1 << 20);
  replace_file(dir / "a.jsonl", text);
  replace_file(dir / "a.jsonl.gz", gzip_of(text));
  replace_file(dir / "a.jsonl.zst", zstd_of(text));
  const size_t half = text.size() / 2;  // of several members and frames
  replace_file(dir / "b.jsonl.gz", gzip_of(text.substr(0, half)) + gzip_of("") + gzip_of(text.substr(half)));
  replace_file(dir / "b.jsonl.zst", zstd_of(text.substr(0, half)) + zstd_of("") + zstd_of(text.substr(half)));
  for (const char* name : {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "b.jsonl.gz", "b.jsonl.zst"}) {
    for (const size_t step : {size_t{1000}, size_t{1} << 21})
      EXPECT_TRUE(read_all(dir / name, step) == text) << name;
    EXPECT_TRUE(read_all(dir / name, 1 << 16, 700'001) == text.substr(700'001)) << name;
  }
}

TEST(ByteSource, AnEmptyFileIsEmptyInEveryForm) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", "");
  replace_file(dir / "a.jsonl.gz", gzip_of(""));
  replace_file(dir / "a.jsonl.zst", zstd_of(""));
  for (const char* name : {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst"}) EXPECT_EQ(read_all(dir / name, 10), "");
}

TEST(ByteSource, DamagedAndCutFilesAreRefused) {
  const TempDir dir;
  const std::string text = some_text(100'000);
  for (const bool zstd : {true, false}) {
    const fs::path path = dir / (zstd ? "x.jsonl.zst" : "x.jsonl.gz");
    const std::string whole = zstd ? zstd_of(text) : gzip_of(text);
    for (const size_t cut : {whole.size() - 1, whole.size() / 2, size_t{11}}) {
      replace_file(path, whole.substr(0, cut));
      expect_error(ErrorKind::input, "ends too early", [&] { read_all(path, 1 << 16); });
    }
    replace_file(path, "this is no compressed file at all");
    expect_error(ErrorKind::input, zstd ? "not valid zstd" : "not valid gzip",
                 [&] { read_all(path, 1 << 16); });
  }
}

}  // namespace evergreen
