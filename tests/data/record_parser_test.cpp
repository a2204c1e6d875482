#include "evergreen/data/record_parser.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::TempDir;

namespace {
// "text@line" or "kind@line" of every record.
std::vector<std::string> records(const std::string& name, const std::string& contents,
                                 const FieldNames& fields = {}) {
  const TempDir dir;
  replace_file(dir / name, contents);
  CorpusReader reader(corpus_files({dir / name}), fields);
  RecordParser parser(fields);
  std::vector<std::string> all;
  for (CorpusChunk chunk; reader.next(chunk);) {
    std::vector<CorpusRecord> kept;
    parser.for_each(chunk, [&](const CorpusRecord& record) {
      kept.push_back(record);
      all.push_back((record.bad ? bad_kind_name(*record.bad) : std::string(record.text)) + "@" +
                    std::to_string(record.line));
      if (record.date) all.back() += " " + day_text(record.date->begin);
      return true;
    });
    for (size_t i = 0; i < kept.size(); ++i) {  // any of them again
      const CorpusRecord again = parser.parse(chunk, kept[i].begin, kept[i].size, kept[i].line);
      EXPECT_EQ(again.bad.has_value(), kept[i].bad.has_value());
      if (!again.bad) {
        EXPECT_EQ(std::string(again.text), all[i].substr(0, all[i].rfind('@')));
      }
    }
  }
  return all;
}
using Strings = std::vector<std::string>;
}  // namespace

TEST(RecordParser, LinesAreObjectsAndBlankOnesAreNone) {
  EXPECT_EQ(records("a.jsonl", "{\"text\":\"one \\u00e9\\n\"}\r\n\n  \r\n{\"id\":1,\"text\":\"two\"}"),
            (Strings{"one é\n@1", "two@4"}));
  EXPECT_EQ(records("a.jsonl", "\xEF\xBB\xBF{\"text\":\"bom\"}\n"), (Strings{"bom@1"}));
}

TEST(RecordParser, EveryKindOfBadLineIsTold) {
  EXPECT_EQ(
      records("a.jsonl",
              "not json\n[1]\n{\"text\":7}\n{\"text\":null}\n{}\n{\"text\":\"x\"} more\n{\"text\":\"a\",\n"
              "{\"text\":\"\xe9\"}\n{\"x\": nul, \"text\":\"x\"}\n\"text\"\n{\"text\":\"\\ud800\"}\n\xff\n"),
      (Strings{"not_json@1", "not_json@2", "text_type@3", "no_text@4", "no_text@5", "not_json@6",
               "not_json@7", "not_utf8@8", "not_json@9", "not_json@10", "not_json@11", "not_utf8@12"}));
}

TEST(RecordParser, FieldsMayLieInsideObjects) {
  const std::string lines =
      "{\"meta\":{\"body\":\"inner\"}}\n{\"meta.body\":\"dotted\",\"meta\":{\"body\":\"inner\"}}\n"
      "{\"meta\":{\"x\":{\"body\":1}}}\n{\"meta\":\"text\"}\n";
  EXPECT_EQ(records("a.jsonl", lines, {.text = "meta.body"}),
            (Strings{"inner@1", "dotted@2", "no_text@3", "no_text@4"}));
}

TEST(RecordParser, DatesAreReadWhereAFieldIsNamed) {
  const std::string lines =
      "{\"text\":\"a\",\"d\":\"2024-05-17\"}\n{\"text\":\"b\",\"d\":2023}\n{\"text\":\"c\",\"d\":1715949005}"
      "\n"
      "{\"text\":\"d\"}\n{\"text\":\"e\",\"d\":\"soon\"}\n{\"text\":\"f\",\"d\":[1]}\n{\"text\":\"g\",\"d\":"
      "null}\n";
  EXPECT_EQ(records("a.jsonl", lines, {.text = "text", .date = "d"}),
            (Strings{"a@1 2024-05-17", "b@2 2023-01-01", "c@3 2024-05-17", "no_date@4", "date_value@5",
                     "date_value@6", "no_date@7"}));
}

TEST(RecordParser, ATextFileIsOneRecord) {
  EXPECT_EQ(records("a.txt", "\xEF\xBB\xBFline\nline"), (Strings{"line\nline@0"}));
  EXPECT_EQ(records("a.txt", "caf\xe9"), (Strings{"not_utf8@0"}));
  EXPECT_EQ(records("a.txt", "x", {.text = "text", .date = "d"}), (Strings{"no_date@0"}));
}

}  // namespace evergreen
