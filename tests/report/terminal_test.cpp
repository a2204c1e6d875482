#include "evergreen/report/terminal.hpp"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evergreen {
using testing::HasSubstr;

namespace {

HeatMap wide_map(size_t columns) {
  HeatMap map{.title = "norms",
              .meaning = "",
              .row_title = "layer",
              .columns = {},
              .rows = {{"embed_tokens", {0.5}}}};
  HeatRow row{"0", {}};
  for (size_t i = 0; i < columns; ++i) {
    map.columns.push_back("mlp.some_projection_" + std::to_string(i));
    row.values.push_back(0.01 * static_cast<double>(i));
  }
  map.rows.push_back(row);
  return map;
}

size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  size_t most = 0;
  for (std::string line; std::getline(lines, line);) most = std::max(most, text_width(line));
  return most;
}

}  // namespace

TEST(Terminal, TablesAreAlignedWordsAtTheLeftAndNumbersAtTheRight) {
  EXPECT_EQ(text_table({"unseen", {"name", "dtype", "n"}, {{"größe", "F32", "7"}, {"w", "–", "1234"}}, 2}),
            "name   dtype     n\n"
            "größe  F32       7\n"
            "w      –      1234\n");
}

TEST(Terminal, AHeatMapIsATableOfItsValues) {
  const HeatMap map{.title = "",
                    .meaning = "",
                    .row_title = "layer",
                    .columns = {"mlp.up_proj", "post_attention_layernorm"},
                    .rows = {{"embed", {0.125}}, {"0", {0.25, std::nullopt}}, {"11", {0.5, 0.75}}}};
  EXPECT_EQ(text_heat_map(map),
            "                   post\n"
            "          up  attention\n"
            "layer   proj  layernorm\n"
            "    0   0.25          –\n"
            "   11    0.5       0.75\n"
            "embed  0.125\n");
}

TEST(Terminal, WhatDoesNotFitFollowsBelow) {
  const std::string text = text_heat_map(wide_map(30), TerminalColour::none, 100);
  EXPECT_LE(longest_line(text), 100U);
  EXPECT_THAT(text, HasSubstr("0.29"));
  EXPECT_THAT(text_heat_map(wide_map(1), TerminalColour::none, 3), HasSubstr("layer"))
      << "narrower than a column";
}

TEST(Terminal, ColourIsTheGroundOfACellAndEndsWithIt) {
  HeatMap map = wide_map(2);
  map.rows[1].values[0] = std::nullopt;
  const std::string all = text_heat_map(map, TerminalColour::of_all);
  const Rgb ground = colour_at(ColourScale::sequential, Ground::dark, 0.01 / 0.5);
  EXPECT_THAT(all, HasSubstr("\x1b[48;2;" + std::to_string(ground.red) + ";" + std::to_string(ground.green) +
                             ";" + std::to_string(ground.blue) + ";97m"));
  EXPECT_THAT(all, HasSubstr("\x1b[0m"));
  const std::string few = text_heat_map(map, TerminalColour::of_256);
  EXPECT_THAT(few, HasSubstr("\x1b[48;5;"));
  EXPECT_EQ(text_heat_map(map, TerminalColour::none).find('\x1b'), std::string::npos);
}

}  // namespace evergreen
