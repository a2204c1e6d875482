#include "evergreen/data/corpus_reader.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "tests/data/compress.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
struct Piece {
  std::string file, text;
  int64_t first_line = 0;
  ReadPosition end;
};

std::vector<Piece> chunks(const CorpusInputs& inputs, ReadPosition from = {}) {
  CorpusReader reader(corpus_files(inputs), {}, from);
  std::vector<Piece> all;
  for (CorpusChunk chunk; reader.next(chunk);)
    all.push_back(
        {chunk.file->path.filename().string(), std::string(chunk.text()), chunk.first_line, chunk.end});
  return all;
}

// Lines of very different lengths, the last one without a line break.
std::string lines(uint64_t seed, size_t bytes) {
  RandomStream stream(seed, "corpus reader");
  std::string text;
  while (text.size() < bytes)
    text += std::string(stream.below(20) == 0 ? stream.below(900'000) : stream.below(3000),
                        'a' + stream.below(26)) +
            "\n";
  text.pop_back();
  return text;
}
}  // namespace

TEST(CorpusReader, ChunksAreWholeLinesAndTogetherTheFile) {
  const TempDir dir;
  const std::string text = lines(1, 9 << 20);
  replace_file(dir / "a.jsonl", text);
  replace_file(dir / "b.jsonl.zst", test::zstd_of(text));
  for (const char* name : {"a.jsonl", "b.jsonl.zst"}) {
    std::string all;
    int64_t line = 1;
    for (const Piece& piece : chunks({dir / name})) {
      EXPECT_EQ(piece.first_line, line);
      line += std::count(piece.text.begin(), piece.text.end(), '\n');
      all += piece.text;
      if (all.size() < text.size()) {
        EXPECT_EQ(piece.text.back(), '\n');
      }
    }
    EXPECT_TRUE(all == text) << name;
  }
}

TEST(CorpusReader, ReadingGoesOnAtAnyChunk) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", lines(2, 5 << 20));
  replace_file(dir / "b.jsonl.gz", test::gzip_of(lines(3, 5 << 20)));
  replace_file(dir / "c.txt", "a text");
  replace_file(dir / "d.jsonl", std::string(1 << 20, 'x'));  // exactly a chunk, no line break
  replace_file(dir / "e.jsonl", std::string((1 << 20) - 1, 'x') + "\n" + "last");
  const std::vector<Piece> whole = chunks({dir.path()});
  for (size_t i = 0; i < whole.size(); ++i) {
    const std::vector<Piece> rest = chunks({dir.path()}, whole[i].end);
    ASSERT_EQ(rest.size(), whole.size() - i - 1) << i;
    for (size_t j = 0; j < rest.size(); ++j) {
      const Piece& wanted = whole[i + 1 + j];
      EXPECT_TRUE(rest[j].text == wanted.text && rest[j].file == wanted.file);
      EXPECT_EQ(rest[j].first_line, wanted.first_line);
      EXPECT_EQ(rest[j].end, wanted.end);
    }
  }
}

TEST(CorpusReader, ALineLongerThanAChunkIsOneChunk) {
  const TempDir dir;
  const std::string giant(5 << 20, 'g');
  replace_file(dir / "a.jsonl", "first\n" + giant + "\nlast\n");
  std::string all;
  for (const Piece& piece : chunks({dir / "a.jsonl"})) all += piece.text;
  EXPECT_TRUE(all == "first\n" + giant + "\nlast\n");
}

TEST(CorpusReader, EmptyFilesAndTextsAreNoTrouble) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", "");
  replace_file(dir / "b.txt", "");
  replace_file(dir / "c.txt", "text");
  const std::vector<Piece> all = chunks({dir.path()});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].text, "");
  EXPECT_EQ(all[1].text, "text");
  EXPECT_EQ(all[1].first_line, 0);
}

TEST(CorpusReader, PositionsAreInStoredBytes) {
  const TempDir dir;
  const std::string text = lines(4, 6 << 20);
  replace_file(dir / "a.jsonl.zst", test::zstd_of(text));
  replace_file(dir / "b.jsonl", text);
  CorpusReader reader(corpus_files({dir.path()}), {});
  uint64_t before = 0;
  for (CorpusChunk chunk; reader.next(chunk); before = chunk.stored_bytes)
    EXPECT_GE(chunk.stored_bytes, before);
  EXPECT_EQ(before, reader.total_bytes());
}

}  // namespace evergreen
