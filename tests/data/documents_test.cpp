#include "evergreen/data/documents.hpp"

#include <gtest/gtest.h>

#include "tests/data/compress.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
std::vector<std::string> texts(const fs::path& corpus, const CorpusOptions& options = {}) {
  std::vector<std::string> all;
  for_each_document({corpus}, options, [&](std::string_view text, const CorpusPosition&) {
    all.emplace_back(text);
    return true;
  });
  return all;
}
}  // namespace

TEST(Documents, AreReadFromJsonLinesPlainOrCompressedAndText) {
  const TempDir dir;
  const std::string lines = "{\"text\":\"one \\u00e9\"}\r\n\n{\"id\":1,\"text\":\"two\"}";
  replace_file(dir / "a.jsonl", lines);
  replace_file(dir / "b.jsonl.zst", test::zstd_of(lines));
  replace_file(dir / "c.txt", "three\nlines\n");
  replace_file(dir / "ignored.csv", "x");
  EXPECT_EQ(texts(dir / "a.jsonl"), (std::vector<std::string>{"one é", "two"}));
  EXPECT_EQ(texts(dir / "b.jsonl.zst"), texts(dir / "a.jsonl"));
  EXPECT_EQ(texts(dir.path()), (std::vector<std::string>{"one é", "two", "one é", "two", "three\nlines\n"}));
}

TEST(Documents, LongCompressedTextIsReadWhole) {
  const TempDir dir;
  std::string lines;
  for (int i = 0; i < 200000; ++i) lines += "{\"text\":\"document number " + std::to_string(i) + "\"}\n";
  replace_file(dir / "a.jsonl.zst", test::zstd_of(lines));
  const auto all = texts(dir / "a.jsonl.zst");
  ASSERT_EQ(all.size(), 200000U);
  EXPECT_EQ(all.back(), "document number 199999");
}

TEST(Documents, ReadingStopsWhereItIsTold) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", "{\"text\":\"1\"}\n{\"text\":\"2\"}\nnot json\n");
  int seen = 0;
  EXPECT_EQ(for_each_document({dir / "a.jsonl"}, {},
                              [&](std::string_view, const CorpusPosition&) { return ++seen < 2; }),
            2);
}

TEST(Documents, AnotherTextFieldCanBeNamed) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", "{\"body\":\"x\"}\n");
  EXPECT_EQ(texts(dir / "a.jsonl", {.text_field = "body"}).size(), 1U);
  expect_error(ErrorKind::input, "no string 'text'", [&] { texts(dir / "a.jsonl"); });
}

TEST(Documents, BadLinesAreNamedWithFileAndLine) {
  const TempDir dir;
  replace_file(dir / "a.jsonl", "{\"text\":\"x\"}\nnot json\n");
  expect_error(ErrorKind::input, "a.jsonl, line 2", [&] { texts(dir / "a.jsonl"); });
  replace_file(dir / "b.jsonl", "{\"text\":7}\n");
  expect_error(ErrorKind::input, "no string 'text': it is of another type", [&] { texts(dir / "b.jsonl"); });
  replace_file(dir / "c.jsonl", "[1]\n");
  expect_error(ErrorKind::input, "not a JSON object", [&] { texts(dir / "c.jsonl"); });
}

TEST(Documents, EmptyBinaryTruncatedAndUnknownFilesAreRefused) {
  const TempDir dir;
  replace_file(dir / "empty.jsonl", "\n\n");
  expect_error(ErrorKind::input, "the corpus is empty", [&] { texts(dir / "empty.jsonl"); });
  replace_file(dir / "binary.txt", std::string("\x7f"
                                               "ELF\0\0\x01",
                                               7));
  expect_error(ErrorKind::input, "holds NUL bytes", [&] { texts(dir / "binary.txt"); });
  replace_file(dir / "latin.jsonl", "{\"text\":\"caf\xe9\"}\n");
  expect_error(ErrorKind::input, "not UTF-8", [&] { texts(dir / "latin.jsonl"); });
  const std::string whole = test::zstd_of("{\"text\":\"something that is long enough\"}\n");
  replace_file(dir / "cut.jsonl.zst", whole.substr(0, whole.size() / 2));
  expect_error(ErrorKind::input, "ends too early", [&] { texts(dir / "cut.jsonl.zst"); });
  replace_file(dir / "x.csv", "a,b");
  expect_error(ErrorKind::input, "ending is none of a corpus", [&] { texts(dir / "x.csv"); });
  expect_error(ErrorKind::input, "does not exist", [&] { texts(dir / "nowhere.jsonl"); });
}

}  // namespace evergreen
