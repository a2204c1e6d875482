#include "evergreen/report/chart.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evergreen {
using testing::HasSubstr;
using testing::Not;

namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

XyChart small_chart() {
  return {.title = "A & B",
          .meaning = "why",
          .x_title = "tokens",
          .y_title = "per cent",
          .series = {{"one", {{0, 10, 5, 15}, {100, 20, 18, 22}}, true},
                     {"two", {{50, 12, 11, 13, "here"}}, false}}};
}

}  // namespace

TEST(Chart, EveryPointIsAMarkAndARowOfTheTable) {
  const std::string html = html_xy_chart(small_chart()).text;
  EXPECT_EQ(count(html, "<path class=\"mark k"), 3U);
  EXPECT_EQ(count(html, "class=\"band k0\""), 1U) << "a curve has a band";
  EXPECT_EQ(count(html, "class=\"error k1\""), 1U) << "a point an error bar";
  EXPECT_THAT(html, HasSubstr("<td class=\"words\">here</td><td>50</td><td>12</td><td>11</td><td>13</td>"));
  EXPECT_THAT(html, HasSubstr("A &amp; B"));
  EXPECT_THAT(html, HasSubstr("</svg>two</li>")) << "the legend names it";
}

TEST(Chart, WhatIsNotFiniteIsNotDrawn) {
  XyChart chart = small_chart();
  chart.series[0].points.push_back({std::nan(""), 1});
  chart.series[0].points.push_back({1, INFINITY});
  const std::string html = html_xy_chart(chart).text;
  const std::string drawing = html.substr(html.find("<svg class=\"chart\""),
                                          html.rfind("</svg>") - html.find("<svg class=\"chart\""));
  EXPECT_EQ(count(html, "<path class=\"mark k"), 3U);
  EXPECT_THAT(drawing, Not(HasSubstr("nan")));
  EXPECT_THAT(drawing, Not(HasSubstr("inf")));
  EXPECT_THAT(html_xy_chart({}).text, HasSubstr("<svg")) << "a chart of nothing is still a chart";
}

TEST(Chart, TicksAreRoundAndHoldTheValues) {
  EXPECT_THAT(axis_ticks(0, 100, 5), testing::ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(axis_ticks(0, 921600, 4), testing::ElementsAre(0, 250000, 500000, 750000, 1000000));
  for (const auto& [low, high] : {std::pair{-3.2, 7.7}, {1e-9, 3e-9}, {5.0, 5.0}}) {
    const auto ticks = axis_ticks(low, high, 5);
    EXPECT_LE(ticks.front(), low);
    EXPECT_GE(ticks.back(), high);
    EXPECT_GT(ticks.size(), 1U);
    EXPECT_LT(ticks.size(), 12U);
  }
}

TEST(Chart, BarsAreAsLongAsTheirParts) {
  const std::string html =
      html_bar_chart({"Cost", "", "min", {"train", "graft"}, {{"a", {3, 1}}, {"b", {2, 0}}}}).text;
  EXPECT_EQ(count(html, "<rect class=\"part k"), 3U) << "nothing is drawn for 0";
  EXPECT_THAT(html, HasSubstr("4 min"));
  EXPECT_THAT(html, HasSubstr("<td>3</td><td>1</td><td>4</td>"));
  EXPECT_THAT(html_bar_chart({"Nothing", "", "min", {"p"}, {{"a", {0}}}, true}).text, Not(HasSubstr("nan")));
}

}  // namespace evergreen
