#include "evergreen/data/date_range.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

namespace {
std::string span_text(const std::string& text) {
  const auto date = parse_date(text);
  return date ? std::to_string(date->begin) + "+" + std::to_string(date->end - date->begin) : "none";
}
}  // namespace

TEST(DateRange, DatesOfAllPrecisionsAreSpans) {
  EXPECT_EQ(span_text("1970"), "0+31536000");
  EXPECT_EQ(span_text("1970-02"), "2678400+2419200");
  EXPECT_EQ(span_text("2024-02-29"), "1709164800+86400");
  EXPECT_EQ(span_text("20240229"), "1709164800+86400");
  EXPECT_EQ(span_text("2024/02/29"), "1709164800+86400");
  EXPECT_EQ(span_text("2024-02-29T12"), "1709208000+3600");
  EXPECT_EQ(span_text("2024-02-29T12:30"), "1709209800+60");
  EXPECT_EQ(span_text("2024-02-29 12:30:05.250Z"), "1709209805+1");
  EXPECT_EQ(span_text("2024-02-29T12:30:05+02:00"), "1709202605+1");
  EXPECT_EQ(span_text("2024-02-29T12:30:05-0530"), "1709229605+1");
  EXPECT_EQ(span_text("2024-02-29 12:30:05 UTC"), "1709209805+1");
  EXPECT_EQ(span_text(" 1709209805 "), "1709209805+1");
  EXPECT_EQ(span_text("1709209805.5"), "1709209805+1");
  EXPECT_EQ(span_text("1709209805000"), "1709209805+1");
  EXPECT_EQ(span_text("1969-12-31T23:59:59"), "-1+1");
}

TEST(DateRange, WhatIsNoDateIsNone) {
  for (const char* text :
       {"", "soon", "2023-02-29", "2024-13-01", "2024-00", "24-01-01", "2024-01-01T25:00", "2024-01-01 noon",
        "2024-01-0", "12345", "99999999999999999999", "2024-1-1", "nan", "-"})
    EXPECT_EQ(span_text(text), "none") << text;
}

TEST(DateRange, NumbersAreYearsSecondsOrMilliseconds) {
  EXPECT_EQ(date_from_number(2024)->begin, 1704067200);
  EXPECT_EQ(date_from_number(1704067200)->begin, 1704067200);
  EXPECT_EQ(date_from_number(1704067200123.0)->begin, 1704067200);
  EXPECT_EQ(date_from_number(-1)->begin, -1);
  EXPECT_FALSE(date_from_number(1e300));
  EXPECT_FALSE(date_from_number(std::stod("nan")));
}

TEST(DateRange, BothEndsBelongToIt) {
  const DateRange range("2024-02", "2024-03");
  EXPECT_TRUE(range.is_before(*parse_date("2024-01-31")));
  EXPECT_FALSE(range.is_before(*parse_date("2024-02-01")));
  EXPECT_FALSE(range.is_after(*parse_date("2024-03-31T23:59:59")));
  EXPECT_TRUE(range.is_after(*parse_date("2024-04-01")));
  EXPECT_TRUE(range.is_before(*parse_date("2024")));  // a year begins before its February
  EXPECT_FALSE(DateRange().is_limited());
  EXPECT_NO_THROW(DateRange("2024", "2024"));
}

TEST(DateRange, OptionsThatCannotBeReadAreTold) {
  expect_error(ErrorKind::usage, "'yesterday' is not a date", [] { DateRange("yesterday", ""); });
  expect_error(ErrorKind::usage, "--until", [] { DateRange("", "2024-14"); });
  expect_error(ErrorKind::usage, "nothing lies between", [] { DateRange("2024-05", "2024-04"); });
}

TEST(DateRange, DaysAreWrittenAsTheyAreRead) {
  for (const char* day : {"1969-12-31", "1970-01-01", "2000-02-29", "2026-11-24"}) {
    EXPECT_EQ(day_text(parse_date(day)->begin), day);
    EXPECT_EQ(day_text(parse_date(day)->end - 1), day);
  }
}

}  // namespace evergreen
