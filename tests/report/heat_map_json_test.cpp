#include "evergreen/report/heat_map_json.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {

TEST(HeatMapJson, AMapComesBackAsItWas) {
  HeatMap map{"|R| / |base|",         "a sentence", "layer", {"q_proj", "k_proj"}, {},
              ColourScale::diverging, "model"};
  map.rows = {{"0", {0.5, std::nullopt}}, {"embeddings", {1e-9}}};
  const std::vector<HeatMap> maps = read_heat_maps(to_json_text({map, map}), "test");
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[1].title, map.title);
  EXPECT_EQ(maps[1].columns, map.columns);
  EXPECT_EQ(maps[1].group, "model");
  EXPECT_EQ(maps[1].scale, ColourScale::diverging);
  ASSERT_EQ(maps[1].rows.size(), 2U);
  EXPECT_EQ(maps[1].rows[0].values, map.rows[0].values);
  EXPECT_EQ(maps[1].rows[1].label, "embeddings");
  EXPECT_EQ(maps[1].rows[1].values, map.rows[1].values);
}

TEST(HeatMapJson, AMissingMemberIsNamed) {
  test::expect_error(ErrorKind::input, "'title'", [] { read_heat_maps("[{}]", "test"); });
}

}  // namespace evergreen
