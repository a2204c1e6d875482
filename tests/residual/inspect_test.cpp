#include "evergreen/residual/inspect.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/residual/open_trio.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::expect_error;
using test::OpenTrio;
using test::pico_checkpoint;
using test::TempDir;
using test::write_tensor;

namespace {

const InspectGroup& find(const std::vector<InspectGroup>& groups, const std::string& name) {
  for (const InspectGroup& group : groups) {
    if (group.name == name) return group;
  }
  throw std::runtime_error("there is no group " + name);
}

}  // namespace

TEST(Inspect, TheCosineOfPlantedResidualsIsThatWhichWasPlanted) {
  // R goes along the even elements; S at an angle to it.
  for (const double angle : {0.0, 30.0, 90.0, 150.0, 180.0}) {
    const TempDir dir;
    const double radians = angle * std::numbers::pi / 180;
    const auto write = [&](const char* name, double even, double odd) {
      return write_tensor(dir / name, Dtype::f64, {40, 50},
                          [=](uint64_t i) { return i % 2 == 0 ? 1 + even : 2 + odd; });
    };
    const CheckpointReader base(write("base", 0, 0)), instruct(write("instruct", 0.25, 0)),
        next(write("next", 0.5 * std::cos(radians), 0.5 * std::sin(radians)));
    const InspectReport report = inspect_residual(base, instruct, &next);
    EXPECT_NEAR(*report.total.cosine, std::cos(radians), 1e-9);
    EXPECT_NEAR(*report.total.relative, 0.25 / std::sqrt(5), 1e-12);
    EXPECT_NEAR(*report.total.shift_relative, 0.5 / std::sqrt(5), 1e-9);
    EXPECT_EQ(*report.total.changed_share, 0.5);
  }
}

TEST(Inspect, ALowRankThatWasPlantedIsFound) {
  const TempDir dir;
  const auto outer = [](uint64_t i, int step) {  // row factor times column factor: small whole numbers, exact
    return static_cast<double>(static_cast<int>(i / 70 % 7) - 3) *
           static_cast<double>(static_cast<int>(i % 70) % step + 1);
  };
  const CheckpointReader base(write_tensor(dir / "base", Dtype::f32, {90, 70},
                                           [](uint64_t i) { return static_cast<double>(i % 13); })),
      instruct(write_tensor(dir / "instruct", Dtype::f32, {90, 70},
                            [&](uint64_t i) { return static_cast<double>(i % 13) + outer(i, 5); }));
  const InspectReport report = inspect_residual(base, instruct, nullptr);
  ASSERT_TRUE(report.tensors.at(0).rank);
  EXPECT_NEAR(report.tensors[0].rank->value, 1, 1e-3);
  EXPECT_EQ(report.tensors[0].rank->limit, 70U);
  EXPECT_NEAR(*report.total.rank_share, 1.0 / 70, 1e-4);
  extract(base, instruct, dir / "r", {.model_files = false, .sync = false});
  EXPECT_NEAR(inspect(CheckpointReader(dir / "r")).tensors.at(0).rank->value, 1, 1e-3);
  EXPECT_FALSE(inspect_residual(base, instruct, nullptr, {.sample = {.rows = 0}}).tensors.at(0).rank);
}

TEST(Inspect, LayersKindsAndModulesAddUpToTheTotal) {
  const OpenTrio trio;
  const InspectReport report = inspect_residual(trio.base, trio.instruct, &trio.next);
  EXPECT_EQ(report.layers.size(), 2U);
  EXPECT_EQ(report.tensors.size(), trio.base.tensors().size());
  for (const auto* groups : {&report.kinds, &report.modules, &report.tensors}) {
    double squares = 0, base_squares = 0;
    uint64_t parameters = 0;
    for (const InspectGroup& group : *groups) {
      squares += group.norm * group.norm;
      base_squares += *group.base_norm * *group.base_norm;
      parameters += group.parameters;
    }
    EXPECT_NEAR(std::sqrt(squares), report.total.norm, 1e-12);
    EXPECT_NEAR(std::sqrt(squares / base_squares), *report.total.relative, 1e-12);
    EXPECT_EQ(parameters, report.total.parameters);
  }
  EXPECT_EQ(report.total.parameters, report.checkpoints.at(0).parameters);
  EXPECT_EQ(report.kinds.back().name, "post_attention_layernorm") << "matrices first";
  EXPECT_EQ(find(report.layers, "layer 1").layer, 1U);
  EXPECT_EQ(find(report.modules, "embed_tokens").layer, std::nullopt);
  EXPECT_LT(std::fabs(*report.total.cosine - 0.5), 0.05) << "both are a draw minus the same draw";
}

TEST(Inspect, AStoredResidualLooksLikeThePairItWasTakenFrom) {
  const OpenTrio trio;
  extract(trio.base, trio.instruct, trio.dir / "r", {.sync = false});
  const CheckpointReader residual(trio.dir / "r");
  const InspectReport pair = inspect_residual(trio.base, trio.instruct, &trio.next),
                      stored = inspect_residual(trio.base, residual, &trio.next), alone = inspect(residual);
  EXPECT_NEAR(*stored.total.relative, *pair.total.relative, 1e-9);
  EXPECT_NEAR(*stored.total.cosine, *pair.total.cosine, 1e-7);
  EXPECT_EQ(*stored.total.changed_share, *pair.total.changed_share);
  EXPECT_NEAR(*stored.total.rank_share, *pair.total.rank_share, 1e-6);
  EXPECT_EQ(stored.checkpoints.at(1).role, "residual");
  EXPECT_NEAR(alone.total.norm, pair.total.norm, 1e-7);
  EXPECT_FALSE(alone.total.relative);
  EXPECT_FALSE(alone.has_base);
}

TEST(Inspect, AModelAloneHasNormsAndNoResidual) {
  const OpenTrio trio;
  const InspectReport report = inspect(trio.base);
  EXPECT_FALSE(report.of_residual);
  EXPECT_NEAR(report.total.root_mean_square(), 0.02, 0.001);
  EXPECT_FALSE(report.total.rank_share);
  EXPECT_EQ(report.checkpoints.at(0).architecture, "LlamaForCausalLM");
  EXPECT_TRUE(report.not_finite.empty());
  const CheckpointSummary summary = summarize(trio.instruct, "model");
  EXPECT_EQ(summary.bytes, 2 * summary.parameters);
  EXPECT_EQ(summary.parameters_by_dtype.at("BF16"), summary.parameters);
  EXPECT_EQ(parse_json(to_json_text(summary), "summary")["tensors"].size(), summary.tensors.size());
}

TEST(Inspect, ACheckpointIsCalledByWhatItIs) {
  const OpenTrio trio;
  EXPECT_EQ(checkpoint_kind(trio.base), "model");
  extract(trio.base, trio.instruct, trio.dir / "r");
  EXPECT_EQ(checkpoint_kind(CheckpointReader(trio.dir / "r")), "residual");
  fs::copy(trio.base.directory(), trio.dir / "lora", fs::copy_options::recursive);
  replace_file(trio.dir / "lora/adapter_config.json", "{}");
  EXPECT_EQ(checkpoint_kind(CheckpointReader(trio.dir / "lora")), "adapter");
}

TEST(Inspect, NanIsCountedAndReportedAndIsNoError) {
  const TempDir dir;
  const auto write = [&](const char* name, double broken) {
    return write_tensor(dir / name, Dtype::bf16, {8, 4},
                        [=](uint64_t i) { return i == 13 ? broken : static_cast<double>(i); });
  };
  const CheckpointReader base(write("base", 13)),
      instruct(write("instruct", std::numeric_limits<double>::quiet_NaN())),
      next(write("next", -std::numeric_limits<double>::infinity()));
  const InspectReport report = inspect_residual(base, instruct, &next);
  ASSERT_EQ(report.not_finite.size(), 2U);
  EXPECT_EQ(report.not_finite[0].role, "instruct model");
  EXPECT_EQ(report.not_finite[0].first, "[3, 1]");
  EXPECT_EQ(report.not_finite[0].nan, 1U);
  EXPECT_EQ(report.not_finite[0].file, (dir / "instruct/model.safetensors").string());
  EXPECT_EQ(report.not_finite[1].role, "new base");
  EXPECT_EQ(report.not_finite[1].infinite, 1U);
  EXPECT_EQ(report.total.left_out, 1U);
  EXPECT_EQ(report.total.norm, 0);
  EXPECT_FALSE(report.total.cosine);
  const Json json = parse_json(to_json_text(report), "report");
  EXPECT_EQ(json["not_finite"][0]["first"], "[3, 1]");
  EXPECT_TRUE(json["total"]["cosine"].is_null());
  EXPECT_EQ(inspect(instruct).not_finite.size(), 1U);
}

TEST(Inspect, TheReportDoesNotDependOnThreads) {
  const OpenTrio trio;
  InspectReport one = inspect_residual(trio.base, trio.instruct, &trio.next, {.threads = 1}),
                four = inspect_residual(trio.base, trio.instruct, &trio.next, {.threads = 4});
  one.seconds = four.seconds = 0;
  EXPECT_EQ(to_json_text(one), to_json_text(four));
}

TEST(Inspect, TheJsonHasEveryGroup) {
  const OpenTrio trio;
  const Json json =
      parse_json(to_json_text(inspect_residual(trio.base, trio.instruct, &trio.next)), "report");
  EXPECT_EQ(json["layers"].size(), 2U);
  EXPECT_EQ(json["tensors"].size(), trio.base.tensors().size());
  EXPECT_EQ(json["checkpoints"][2]["role"], "new base");
  EXPECT_GT(json["total"]["relative_norm"], 1);
  EXPECT_EQ(json["effective_rank_sample"]["rows"], 256);
  for (const char* member :
       {"residual_norm", "base_norm", "shift_relative_norm", "cosine", "changed_share"}) {
    EXPECT_TRUE(json["kinds"][0][member].is_number()) << member;
  }
  EXPECT_EQ(json["tensors"][0]["effective_rank"]["limit"], 16);
}

TEST(Inspect, RowsOfEmbeddingsAreComparedByTheirTokens) {
  const TempDir dir;
  const auto model = [&](const char* name, uint64_t seed, int64_t rows,
                         std::map<int64_t, std::string> tokens) {
    return CheckpointReader(pico_checkpoint(
        dir, name, {.dtype = Dtype::f32, .seed = seed, .vocab_size = rows, .tokens = std::move(tokens)}));
  };
  // The same weights; but two tokens more, and two that changed places.
  const CheckpointReader base = model("base", 1, 40, {}),
                         moved = model("moved", 1, 40, {{3, "t5"}, {5, "t3"}}),
                         longer = model("longer", 2, 42, {{40, "<tool>"}, {41, "<end>"}});
  const InspectReport report = inspect_residual(base, moved, nullptr);
  const InspectGroup& embedding = find(report.modules, "embed_tokens");
  EXPECT_EQ(*embedding.changed_share * static_cast<double>(embedding.parameters), [&] {
    const auto rows = test::values_of(base, "model.embed_tokens.weight");
    int differ = 0;
    for (size_t i = 0; i < 16; ++i) differ += rows[3 * 16 + i] != rows[5 * 16 + i] ? 2 : 0;
    return differ;
  }());
  EXPECT_EQ(*find(report.modules, "self_attn.q_proj").relative, 0);
  const InspectReport grown = inspect_residual(base, longer, nullptr);
  EXPECT_EQ(find(grown.modules, "embed_tokens").parameters, 40U * 16);
  ASSERT_EQ(grown.notes.size(), 1U);
  EXPECT_EQ(grown.notes[0],
            "2 tokens of the instruct model are not in the base: their rows are left out, first '<tool>'");
  const InspectReport shrunk = inspect_residual(longer, base, nullptr);
  EXPECT_EQ(find(shrunk.modules, "embed_tokens").parameters, 40U * 16);
  EXPECT_NEAR(find(shrunk.modules, "embed_tokens").norm, find(grown.modules, "embed_tokens").norm, 1e-12);
}

TEST(Inspect, CheckpointsThatDoNotFitTogetherAreAnError) {
  const OpenTrio trio;
  const CheckpointReader wide(pico_checkpoint(trio.dir, "wide", {.intermediate_size = 32}));
  expect_error(ErrorKind::input, "[32, 16] in the instruct model",
               [&] { inspect_residual(trio.base, wide, nullptr); });
  expect_error(ErrorKind::input, "in the new base",
               [&] { inspect_residual(trio.base, trio.instruct, &wide); });
}

}  // namespace evergreen
