#include "evergreen/report/heat_map.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evergreen {
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

HeatMap small_map() {
  return {.title = "|R| / |base|",
          .meaning = "by layer & module",
          .row_title = "layer",
          .columns = {"mlp.up_proj", "self_attn.q_proj"},
          .rows = {{"embed_tokens", {0.125}}, {"0", {0.25, std::nullopt}}, {"1", {0.5, 0.75}}}};
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST(HeatMap, EveryValueIsInACellAndInTheTableBehind) {
  const std::string html = html_heat_map(small_map()).text;
  EXPECT_THAT(html, HasSubstr("<title>embed_tokens: 0.125</title>"));
  EXPECT_THAT(html, HasSubstr("<title>layer 0, mlp.up_proj: 0.25</title>"));
  EXPECT_THAT(html, HasSubstr("<title>layer 0, self_attn.q_proj: no value</title>"));
  EXPECT_THAT(html, HasSubstr("<title>layer 1, self_attn.q_proj: 0.75</title>"));
  EXPECT_THAT(html, HasSubstr("<tr><th scope=\"row\">1</th><td>0.5</td><td>0.75</td></tr>"));
  EXPECT_THAT(html, HasSubstr("<tr><th scope=\"row\">0</th><td>0.25</td><td>–</td></tr>"));
  EXPECT_EQ(count(html, "data-k="), 5U);
  EXPECT_THAT(html, HasSubstr("by layer &amp; module"));
}

TEST(HeatMap, TheLargestValueHasTheLastColourAndNothingIsAlarmedByInfinity) {
  HeatMap map = small_map();
  map.rows.push_back({"2", {std::numeric_limits<double>::infinity(), std::nan("")}});
  const std::string html = html_heat_map(map).text;
  EXPECT_THAT(html, HasSubstr("class=\"s63\" data-k=\"2,1\""));
  EXPECT_THAT(html, HasSubstr("class=\"none\" data-k=\"3,0\""));
  EXPECT_THAT(html, HasSubstr("class=\"none\" data-k=\"3,1\""));
  EXPECT_EQ(count(html, "nan"), 0U);
}

TEST(HeatMap, TheRangeFollowsTheValues) {
  HeatMap map = small_map();
  HeatRange range = heat_range(map);
  EXPECT_EQ(range.low, 0);
  EXPECT_EQ(range.high, 0.75);
  EXPECT_FALSE(range.logarithmic);
  EXPECT_EQ(range.position(0.375), 0.5);
  map.rows[0].values[0] = 100;  // one value far above the others must not flatten them
  range = heat_range(map);
  EXPECT_TRUE(range.logarithmic);
  EXPECT_EQ(range.low, 0.25);
  EXPECT_EQ(range.position(0.25), 0);
  EXPECT_EQ(range.position(0), 0);
  EXPECT_EQ(range.position(100), 1);
  EXPECT_NEAR(range.value(range.position(5)), 5, 1e-12);
  map.scale = ColourScale::diverging;
  map.rows[0].values[0] = -2;
  range = heat_range(map);
  EXPECT_EQ(range.low, -2);
  EXPECT_EQ(range.high, 2);
  EXPECT_FALSE(range.cut);
  EXPECT_EQ(range.position(-1), -0.5);
  map.rows[0].values[0] = -100;
  range = heat_range(map);
  EXPECT_EQ(range.high, 8 * 0.75) << "one value far beyond must not make all others grey";
  EXPECT_TRUE(range.cut);
  EXPECT_THAT(html_heat_map(map).text, HasSubstr(">≥ 6</text>"));
  EXPECT_THAT(html_heat_map(map).text, HasSubstr("class=\"d0\" data-k=\"0,0\""));
}

TEST(HeatMap, AMapOfNothingOrOfZerosIsStillAMap) {
  HeatMap map;
  EXPECT_THAT(html_heat_map(map).text, HasSubstr("<svg"));
  map.columns = {"a"};
  map.rows = {{"0", {0.0}}, {"1", {0.0}}};
  for (const ColourScale scale : {ColourScale::sequential, ColourScale::diverging}) {
    map.scale = scale;
    const std::string html = html_heat_map(map).text;
    EXPECT_EQ(count(html, "nan") + count(html, "inf"), 0U);
    EXPECT_THAT(html, HasSubstr(" 1, a: 0<"));
  }
}

TEST(HeatMap, LongLabelsAreCutAndTheirNamesStayWhole) {
  HeatMap map = small_map();
  map.columns = {"post_attention_größe_norm", "q"};
  const std::string html = html_heat_map(map).text;
  EXPECT_THAT(html, HasSubstr(">post_attention_…</text>"));
  EXPECT_THAT(html, HasSubstr("<title>layer 1, post_attention_größe_norm: 0.5</title>"));
}

TEST(HeatMap, LabelsAreAsShortAsTheyCanBe) {
  EXPECT_THAT(short_labels({"self_attn.q_proj", "mlp.up_proj"}), ElementsAre("q_proj", "up_proj"));
  EXPECT_THAT(short_labels({"mlp.up_proj", "mlp.experts.*.up_proj", "up_proj"}),
              ElementsAre("mlp.up_proj", "*.up_proj", "up_proj"));
  EXPECT_THAT(short_labels({"q_proj.bias", "k_proj.bias", "k_proj"}),
              ElementsAre("q_proj.bias", "k_proj.bias", "k_proj"));
  EXPECT_THAT(short_labels({"same", "same"}), ElementsAre("same", "same"));
}

}  // namespace evergreen
