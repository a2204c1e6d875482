#include "evergreen/residual/inspect_page.hpp"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/residual/inspect_tables.hpp"
#include "tests/residual/open_trio.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::OpenTrio;
using test::pico_checkpoint;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;

TEST(InspectPage, HasAMapOfLayersAndModulesForEachQuantity) {
  const OpenTrio trio;
  const InspectReport report = inspect_residual(trio.base, trio.instruct, &trio.next);
  const std::vector<HeatMap> maps = inspect_maps(report);
  ASSERT_EQ(maps.size(), 5U);
  const std::vector<std::string> titles = {maps[0].title, maps[1].title, maps[2].title};
  EXPECT_THAT(titles, testing::ElementsAre("|R| / |base|", "|S| / |base|", "cos(R, S)"));
  EXPECT_EQ(maps[0].columns.size(), 9U);
  ASSERT_EQ(maps[0].rows.size(), 5U);
  EXPECT_EQ(maps[0].rows[0].label, "embed_tokens");
  EXPECT_EQ(maps[0].rows[1].label, "0");
  EXPECT_EQ(maps[0].rows[4].label, "norm");
  EXPECT_EQ(maps[2].scale, ColourScale::diverging);
  for (const InspectGroup& module : report.modules) {
    if (module.layer != 1U || module.kind != "mlp.up_proj") continue;
    EXPECT_EQ(maps[0].rows[2].values[2], module.relative);
    EXPECT_EQ(maps[0].columns[2], "mlp.up_proj");
  }
  const std::string page = inspect_page(report);
  for (const HeatMap& map : maps) EXPECT_THAT(page, HasSubstr("<strong>" + map.title + "</strong>"));
  EXPECT_THAT(page, HasSubstr("<title>layer 1, mlp.up_proj: "));
  EXPECT_THAT(page, HasSubstr("model.layers.0.self_attn.q_proj.weight"));
  EXPECT_THAT(page, Not(HasSubstr("NaN and infinity")));
}

TEST(InspectPage, AModelOrAResidualAloneHasItsRootMeanSquares) {
  const OpenTrio trio;
  const InspectReport report = inspect(trio.base);
  ASSERT_EQ(inspect_maps(report).size(), 1U);
  EXPECT_EQ(inspect_maps(report)[0].title, "Root mean square");
  EXPECT_THAT(inspect_page(report), HasSubstr("<h1>base</h1>"));
}

TEST(InspectPage, NamesOfTensorsAndFilesAreEscaped) {
  const TempDir dir;
  const CheckpointReader model(test::write_checkpoint(
      dir / "a<b>&c", {{"model.layers.0.<script>alert(1)</script>", Dtype::f32, {2, 2}}},
      [](const TensorSpec&, uint64_t i) { return i == 0 ? std::numeric_limits<double>::quiet_NaN() : 1.0; }));
  const std::string page = inspect_page(inspect(model));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  EXPECT_THAT(page, HasSubstr("a&lt;b&gt;&amp;c"));
  EXPECT_THAT(page, HasSubstr("NaN and infinity"));
  EXPECT_THAT(page, HasSubstr("[0, 0]"));
}

TEST(InspectPage, AComparisonHasDistancesByLayerAndCosines) {
  const OpenTrio trio;
  const CheckpointComparison comparison = compare({&trio.base, &trio.instruct, &trio.next}, nullptr);
  const std::vector<HeatMap> maps = comparison_maps(comparison);
  ASSERT_EQ(maps.size(), 2U);
  EXPECT_EQ(maps[0].rows.size(), 2U);
  EXPECT_EQ(maps[0].columns.size(), 3U);
  EXPECT_EQ(maps[1].rows.size(), 2U) << "the reference has no direction";
  EXPECT_EQ(maps[1].rows[0].values[1], comparison.checkpoints[1].cosines[2]);
  const std::string page = comparison_page(comparison);
  EXPECT_THAT(page, HasSubstr("<h1>3 checkpoints</h1>"));
  EXPECT_THAT(page, HasSubstr(">instruct</td>"));
}

TEST(InspectPage, NamesOfDirectoriesAreTheirLast) {
  EXPECT_EQ(last_name("/models/llama"), "llama");
  EXPECT_EQ(last_name("/models/llama/"), "llama");
  EXPECT_EQ(last_name("llama/model.safetensors"), "model.safetensors");
}

}  // namespace evergreen
