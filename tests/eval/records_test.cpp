#include "evergreen/eval/records.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "evergreen/eval/prompt_template.hpp"
#include "tests/support/data.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

std::string json(const Record& record) { return value_json(jinja::Value::dict(record.fields)); }

TEST(Records, LinesAndListsOfObjects) {
  const std::vector<Record> lines =
      parse_records("{\"b\": 1, \"a\": \"\u00e9\"}\n\n{\"a\": [1, null]}\n", "x.jsonl");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(json(lines[0]), "{\"b\": 1, \"a\": \"\u00e9\"}");
  EXPECT_EQ(lines[1].where, "x.jsonl, line 3");
  EXPECT_EQ(parse_records(" [{\"a\": 1}, {\"a\": 2}]", "x.json").size(), 2U);
}

TEST(Records, CellsMayBeQuoted) {
  const std::vector<Record> rows = parse_records("a,b c\n\"1, \"\"2\"\"\nx\",y\r\n,z\n", "x.csv");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(json(rows[0]), R"({"a": "1, \"2\"\nx", "b c": "y"})");
  EXPECT_EQ(json(rows[1]), R"({"a": "", "b c": "z"})");
  EXPECT_EQ(rows[1].where, "x.csv, line 4");
}

TEST(Records, RawArticlesAreCutAtTitles) {
  const std::vector<Record> pages = parse_records(
      " \n = One = \n \n Text = x \n = = Part = = \n \n = Two = \n \n More \n", "wiki.test.raw");
  ASSERT_EQ(pages.size(), 2U);
  EXPECT_EQ(json(pages[0]), R"({"page": " = One = \n \n Text = x \n = = Part = = \n \n"})");
  EXPECT_EQ(json(pages[1]), R"({"page": " = Two = \n \n More \n"})");
}

TEST(Records, MistakesNameTheLine) {
  test::expect_error(ErrorKind::input, "x.jsonl, line 2", [] { parse_records("{}\n{", "x.jsonl"); });
  test::expect_error(ErrorKind::input, "not a JSON object", [] { parse_records("{}\n3", "x.jsonl"); });
  test::expect_error(ErrorKind::input, "3 values, but the first line names 2 fields",
                     [] { parse_records("a,b\n1,2,3\n", "x.csv"); });
  test::expect_error(ErrorKind::input, "x.csv, line 2", [] { parse_records("a,b\n\"1,2\n", "x.csv"); });
  test::expect_error(ErrorKind::input, "end in '.tsv'", [] { parse_records("a", "x.tsv"); });
  test::expect_error(ErrorKind::input, "no record", [] { parse_records("\n", "x.jsonl"); });
}

TEST(Records, OtherFormsOfAFileStandForIt) {
  const test::TempDir dir;
  const auto find = [&](const std::string& name) {
    return find_record_files(dir.path(), {"none.jsonl", name});
  };
  for (const char* name : {"b.jsonl.gz", "c.parquet", "d-00000-of-00002.parquet", "d-00001-of-00002.parquet"})
    std::ofstream{dir / name};
  EXPECT_EQ(find("b.jsonl"), std::vector<fs::path>{dir / "b.jsonl.gz"});
  EXPECT_EQ(find("c.jsonl"), std::vector<fs::path>{dir / "c.parquet"});
  EXPECT_EQ(find("d.jsonl"),
            (std::vector<fs::path>{dir / "d-00000-of-00002.parquet", dir / "d-00001-of-00002.parquet"}));
  EXPECT_TRUE(find("e.jsonl").empty());
  fs::remove(dir / "d-00001-of-00002.parquet");
  test::expect_error(ErrorKind::input, "d-00001-of-00002.parquet", [&] { find("d.jsonl"); });
}

#if EVERGREEN_WITH_PARQUET

// The data sets of tests/golden/eval/data, as Hugging Face's hub would have them: made by tools/make_parquet_goldens.py.
TEST(Records, TheRowsOfParquetFilesAreThoseOfJsonLines) {
  const fs::path parquet = test::golden_path("eval/parquet"), lines = test::golden_path("eval/data");
  const auto texts = [](const fs::path& file) {
    std::vector<std::string> all;
    for (const Record& record : read_records(file)) all.push_back(json(record));
    return all;
  };
  EXPECT_EQ(texts(parquet / "openbookqa/test.parquet"), texts(lines / "openbookqa/openbookqa_test.jsonl"));
  EXPECT_EQ(read_records(parquet / "openbookqa/test.parquet").at(1).where,
            (parquet / "openbookqa/test.parquet").string() + ", row 2");
  test::expect_error(ErrorKind::input, "no record",
                     [] { read_records(test::golden_path("data/empty.parquet")); });
}

#endif

}  // namespace
}  // namespace evergreen
