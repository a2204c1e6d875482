#include "evergreen/data/bad_records.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

TEST(BadRecords, TheFirstFewOfEachKindAreRemembered) {
  BadRecords all, later;
  for (int64_t line = 1; line <= 10; ++line) all.add({BadKind::not_json, "a.jsonl", line});
  for (int64_t line = 1; line <= 2; ++line) later.add({BadKind::no_text, "b.jsonl", line});
  for (int64_t line = 1; line <= 2; ++line) later.add({BadKind::not_json, "b.jsonl", line});
  all.add(later);
  EXPECT_EQ(all.total(), 14);
  EXPECT_EQ(all.count(BadKind::not_json), 12);
  ASSERT_EQ(all.first().size(), 5U);
  EXPECT_EQ(place_of(all.first()[2]), "a.jsonl, line 3");
  EXPECT_EQ(place_of(all.first()[4]), "b.jsonl, line 2");
}

TEST(BadRecords, AreEnduredUpToACountOrAShare) {
  EXPECT_TRUE(MaxBad("0").is_exceeded(1, 1, false));
  EXPECT_FALSE(MaxBad("3").is_exceeded(3, 3, true));
  EXPECT_TRUE(MaxBad("3").is_exceeded(4, 1'000'000, false));
  EXPECT_FALSE(MaxBad("1%").is_exceeded(100, 100, false));  // too early to tell
  EXPECT_TRUE(MaxBad("1%").is_exceeded(101, 100, false));
  EXPECT_TRUE(MaxBad("1%").is_exceeded(2, 100, true));
  EXPECT_FALSE(MaxBad("0.01").is_exceeded(1, 100, true));
  EXPECT_FALSE(MaxBad("100%").is_exceeded(5, 5, true));
  for (const char* text : {"", "many", "-1", "101%", "1.5", "%", "1%%", "nan"})
    expect_error(ErrorKind::usage, "neither a count nor a share", [&] { MaxBad max(text); });
}

TEST(BadRecords, TheErrorNamesTheFirstAndHowToEndureThem) {
  BadRecords bad;
  require_bearable(bad, 10, MaxBad("0"), true, "text", "");
  bad.add({BadKind::no_text, "a.jsonl", 7});
  expect_error(ErrorKind::input,
               "the record has no string 'body'\n  where  a.jsonl, line 7\n  next   name the field",
               [&] { require_bearable(bad, 10, MaxBad("0"), false, "body", ""); });
  bad.add({BadKind::date_value, "b.jsonl", 1});
  expect_error(ErrorKind::input, "2 of 10 records are bad, more than --max-bad 1",
               [&] { require_bearable(bad, 10, MaxBad("1"), false, "body", "when"); });
  expect_error(ErrorKind::input, "b.jsonl, line 1 (date_value)",
               [&] { require_bearable(bad, 10, MaxBad("10%"), true, "body", "when"); });
}

}  // namespace evergreen
