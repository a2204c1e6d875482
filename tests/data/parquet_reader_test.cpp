// Goldens are made by tools/make_parquet_goldens.py.
#include "evergreen/data/parquet_reader.hpp"

#include <gtest/gtest.h>

#include "evergreen/data/documents.hpp"
#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::expect_error;
using test::golden_path;

const fs::path kDocuments = golden_path("data/documents.parquet");

std::vector<std::string> texts(const fs::path& path, const CorpusOptions& options) {
  std::vector<std::string> all;
  for_each_document({path}, options, [&](std::string_view text, const CorpusPosition&) {
    all.emplace_back(text);
    return true;
  });
  return all;
}

}  // namespace

#if EVERGREEN_WITH_PARQUET

TEST(Parquet, RowsAreDocuments) {
  const std::vector<std::string> all = texts(kDocuments, {.max_bad = "1"});  // row 4 is null
  ASSERT_EQ(all.size(), 699U);
  EXPECT_EQ(all[0], "document number 0: é 文 ");
  EXPECT_EQ(all[698], "document number 699: é 文 " + std::string(699 % 50, 'x'));
  expect_error(ErrorKind::input, "documents.parquet, line 4", [] { texts(kDocuments, {}); });
  EXPECT_EQ(texts(golden_path("data/plain.parquet"), {.max_bad = "1"}).size(), 4U);
  EXPECT_EQ(texts(kDocuments, {.text_field = "large"}).size(), 699U);  // the empty one is none
  EXPECT_EQ(texts(kDocuments, {.text_field = "meta.body"})[5], "inner 5");
}

TEST(Parquet, DatesOfEveryTypeAreRead) {
  for (const char* field : {"day", "iso"})
    EXPECT_EQ(texts(kDocuments, {.date_field = field, .since = "2024-02", .until = "2024-02", .max_bad = "1"})
                  .size(),
              29U);
  EXPECT_EQ(texts(kDocuments,
                  {.date_field = "moment", .since = "2024-01-02", .until = "2024-01-02", .max_bad = "1"})
                .size(),
            24U);
  EXPECT_EQ(
      texts(kDocuments, {.date_field = "year", .since = "2010", .until = "2010", .max_bad = "1"}).size(),
      28U);
}

TEST(Parquet, ReadingGoesOnAtTheEndOfAnyBatch) {
  const auto whole = open_parquet(kDocuments, "text", "");
  ParquetRows rows;
  int64_t at = 0;
  std::vector<std::pair<int64_t, std::string>> batches;
  while (whole->read(rows)) {
    batches.emplace_back(at, rows.text);
    at += static_cast<int64_t>(rows.text_lengths.size());
  }
  EXPECT_EQ(at, 700);
  EXPECT_GT(batches.size(), 3U);
  for (const auto& [first, text] : batches) {
    const auto part = open_parquet(kDocuments, "text", "");
    part->skip(first);
    ASSERT_TRUE(part->read(rows));
    EXPECT_EQ(rows.text, text);
  }
}

TEST(Parquet, RowsOfEveryTypeAreJsonLines) {
  EXPECT_EQ(
      parquet_json_lines(golden_path("data/types.parquet")),
      R"({"yes": true, "small": -3, "large": 9223372036854775807, "unsigned": 18446744073709551615, "float": 0.5, )"
      R"("double": 0.1, "money": 1.50, "text": "a \"quote\"\né", "bytes": "plain", "label": "first", )"
      R"("day": "1969-12-31", "moment": "2024-01-31T12:00:01.250000", "list": ["x", null], )"
      R"("nested": {"choices": [{"text": "a", "n": 1}], "none": null}, "map": [{"key": "k", "value": 1}]})"
      "\n"
      R"({"yes": null, "small": 4, "large": -9223372036854775808, "unsigned": 0, "float": null, )"
      R"("double": 1e+300, "money": -0.25, "text": "", "bytes": "�", "label": "second", )"
      R"("day": "2024-02-29", "moment": "1969-12-31T23:59:59", "list": [], "nested": null, "map": []})"
      "\n");
  expect_error(ErrorKind::input, "the column 'gap' holds duration[s]",
               [] { parquet_json_lines(golden_path("data/duration.parquet")); });
  EXPECT_EQ(parquet_json_lines(golden_path("data/empty.parquet")), "");
}

TEST(Parquet, WhatCannotBeReadIsTold) {
  const test::TempDir dir;
  expect_error(ErrorKind::input, "did you mean 'text'", [] { texts(kDocuments, {.text_field = "txt"}); });
  expect_error(ErrorKind::input, "holds int64, not text", [] { texts(kDocuments, {.text_field = "id"}); });
  expect_error(ErrorKind::input, "has no column 'when'", [] { texts(kDocuments, {.date_field = "when"}); });
  replace_file(dir / "x.parquet", "PAR1");
  expect_error(ErrorKind::input, "not valid parquet", [&] { texts(dir / "x.parquet", {}); });
  std::string bytes = read_text(kDocuments);
  replace_file(dir / "cut.parquet", bytes.substr(0, bytes.size() / 2));
  expect_error(ErrorKind::input, "not valid parquet", [&] { texts(dir / "cut.parquet", {}); });
  expect_error(ErrorKind::input, "the corpus is empty", [] { texts(golden_path("data/empty.parquet"), {}); });
}

// Damage anywhere ends in an error or in text, never in a crash.
TEST(Parquet, DamagedFilesAreErrors) {
  const test::TempDir dir;
  const std::string bytes = read_text(golden_path("data/plain.parquet"));
  for (size_t at = 4; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    replace_file(dir / "x.parquet", damaged);
    try {
      texts(dir / "x.parquet", {.max_bad = "100%"});
      parquet_json_lines(dir / "x.parquet");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
    }
  }
}

#else

TEST(Parquet, ABuildWithoutArrowSaysSo) {
  EXPECT_FALSE(has_parquet());
  expect_error(ErrorKind::usage, "this build has no Arrow", [] { texts(kDocuments, {}); });
  expect_error(ErrorKind::usage, "this build has no Arrow", [] { parquet_json_lines(kDocuments); });
}

#endif

}  // namespace evergreen
