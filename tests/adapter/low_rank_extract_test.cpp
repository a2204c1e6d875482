#include "evergreen/adapter/low_rank_extract.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/adapter/adapter_card.hpp"
#include "evergreen/adapter/adapter_residual.hpp"
#include "evergreen/adapter/low_rank_matrix.hpp"
#include "evergreen/adapter/low_rank_plan.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/residual/verify.hpp"
#include "tests/adapter/low_rank_pair.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;
using test::matrix_of;
using test::multiply;
using test::pico_checkpoint;
using test::PicoOptions;
using test::TempDir;
using test::values_of;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

constexpr double kSpread = 0.02;

// Independent draws: a residual of full rank in every tensor.
struct Pair {
  explicit Pair(PicoOptions options = {}) {
    options.spread = kSpread;
    base = pico_checkpoint(dir, "base", options);
    options.seed = 2;
    options.chat = true;
    instruct = pico_checkpoint(dir, "instruct", options);
  }
  LowRankReport extract(LowRankExtractOptions options, const std::string& out = "r") const {
    options.sync = false;
    fs::remove_all(dir / out);
    return extract_low_rank(CheckpointReader(base), CheckpointReader(instruct), dir / out, options);
  }
  CheckpointReader weights(const std::string& out = "r") const {
    return CheckpointReader(dir / out / kAdapterWeightsFile);
  }
  Json config(const std::string& out = "r") const { return read_json(dir / out / kAdapterConfigFile); }
  TempDir dir;
  fs::path base, instruct;
};

std::string part(const std::string& tensor, const char* suffix) {
  return "base_model.model." + module_of(tensor) + suffix;
}

// |R - B A| / |R| of a tensor, from the files alone.
double error_of(const Pair& pair, const std::string& tensor, const std::string& out = "r") {
  const CheckpointReader weights = pair.weights(out);
  const Matrix product = multiply(matrix_of(weights, part(tensor, ".lora_B.weight")),
                                  matrix_of(weights, part(tensor, ".lora_A.weight")));
  const auto a = values_of(CheckpointReader(pair.instruct), tensor),
             b = values_of(CheckpointReader(pair.base), tensor);
  double error = 0, norm = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double r = a[i] - b[i], lost = r - product.values()[i];
    error += lost * lost;
    norm += r * r;
  }
  return std::sqrt(error / norm);
}

double reported_error(const LowRankTensor& tensor) {
  return std::sqrt(tensor.error_squares / tensor.residual_squares);
}

std::set<std::string> names_of(const CheckpointReader& reader) {
  std::set<std::string> names;
  for (const TensorInfo& tensor : reader.tensors()) names.insert(tensor.name);
  return names;
}

}  // namespace

TEST(LowRankExtract, RecoversAPlantedResidualToRounding) {
  const TempDir dir;
  const std::vector<TensorSpec> tensors = {{"model.layers.0.a_proj.weight", Dtype::f32, {150, 90}},
                                           {"model.layers.0.b_proj.weight", Dtype::f32, {60, 130}}};
  const auto write = [&](const char* name, bool tuned) {
    return test::write_checkpoint(dir / name, tensors, [&](const TensorSpec& tensor, uint64_t i) {
      const uint64_t row = i / static_cast<uint64_t>(tensor.shape[1]),
                     col = i % static_cast<uint64_t>(tensor.shape[1]);
      double value = test::eighth(tensor.name, i);
      for (const char* k : {"0", "1", "2"}) {  // rank 3, exact in float32
        if (tuned)
          value += test::eighth(tensor.name + "u" + k, row) * test::eighth(tensor.name + "v" + k, col);
      }
      return value;
    });
  };
  const CheckpointReader base(write("base", false)), instruct(write("instruct", true));
  for (const LowRankExtractOptions& options :
       {LowRankExtractOptions{.rank = 3}, LowRankExtractOptions{.rank = 8},
        LowRankExtractOptions{.max_error = 1e-3}}) {
    LowRankExtractOptions quick = options;
    quick.model_files = quick.sync = false;
    fs::remove_all(dir / "r");
    const LowRankReport report = extract_low_rank(base, instruct, dir / "r", quick);
    EXPECT_LT(report.total.error(), 1e-7);
    EXPECT_EQ(report.total.largest_rank, options.rank > 0 ? options.rank : 3);
    fs::remove_all(dir / "back");
    const Adapter adapter(dir / "r");
    const AdapterResidual residual(adapter, base);
    apply(base, {{nullptr, 1, &residual}}, dir / "back", {.model_files = false, .sync = false});
    for (const TensorSpec& tensor : tensors) {
      const auto got = values_of(CheckpointReader(dir / "back"), tensor.name),
                 expected = values_of(instruct, tensor.name);
      for (size_t i = 0; i < got.size(); ++i)
        ASSERT_NEAR(got[i], expected[i], 2e-6) << tensor.name << " " << i;
    }
  }
}

TEST(LowRankExtract, WritesWhatPeftAndVllmLoad) {
  const Pair pair;
  const LowRankReport report = pair.extract({.rank = 4});
  const CheckpointReader weights = pair.weights(), base(pair.base);
  std::set<std::string> expected;
  for (const TensorInfo& tensor : base.tensors()) {
    if (!tensor.name.ends_with("_proj.weight")) continue;
    expected.insert(part(tensor.name, ".lora_A.weight"));
    expected.insert(part(tensor.name, ".lora_B.weight"));
    EXPECT_EQ(weights.get(part(tensor.name, ".lora_A.weight")).shape,
              (std::vector<int64_t>{4, tensor.shape[1]}));
    EXPECT_EQ(weights.get(part(tensor.name, ".lora_B.weight")).shape,
              (std::vector<int64_t>{tensor.shape[0], 4}));
  }
  EXPECT_EQ(expected.size(), 2U * 2 * 7);
  EXPECT_EQ(names_of(weights), expected);
  EXPECT_EQ(weights.metadata().at("format"), "pt");
  const Json config = pair.config();
  EXPECT_EQ(config["r"], 4);
  EXPECT_EQ(config["lora_alpha"], 4);
  EXPECT_EQ(config["rank_pattern"], Json::object());
  EXPECT_EQ(config["target_modules"],
            Json::array({"down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"}));
  EXPECT_TRUE(config["modules_to_save"].is_null());
  EXPECT_EQ(config["bias"], "none");
  EXPECT_EQ(config["task_type"], "CAUSAL_LM");
  EXPECT_EQ(config["base_model_name_or_path"], pair.base.string());
  EXPECT_EQ(served_rank(report.low_rank.largest_rank), 8);
  EXPECT_THAT(read_text(pair.dir / "r/README.md"), HasSubstr("--enable-lora --max-lora-rank 8"));
  EXPECT_TRUE(fs::exists(pair.dir / "r/tokenizer.json"));
  EXPECT_TRUE(verify(pair.dir / "r").matches());
  EXPECT_TRUE(verify(pair.dir / "r").tensors_known);
  EXPECT_EQ(to_string(weights.content_hash()), report.weights_hash);
  const auto provenance = read_provenance(pair.dir / "r");
  EXPECT_EQ(provenance->inputs.at(0).hash, to_string(CheckpointReader(pair.base).content_hash()));
  EXPECT_EQ(provenance->inputs.at(1).hash, to_string(CheckpointReader(pair.instruct).content_hash()));
}

TEST(LowRankExtract, MeasuresWhatTheStoredFactorsLose) {
  const Pair pair;
  for (const Dtype dtype : {Dtype::f32, Dtype::bf16, Dtype::f16}) {
    const LowRankReport report = pair.extract({.rank = 5, .dtype = dtype});
    double squares = 0, total = 0;
    for (const LowRankTensor& tensor : report.each) {
      total += tensor.residual_squares;
      squares += tensor.error_squares;
      if (tensor.kept == LowRankTensor::Kept::left_out) {
        EXPECT_EQ(tensor.error_squares, tensor.residual_squares);
        continue;
      }
      EXPECT_NEAR(reported_error(tensor), error_of(pair, tensor.name), 1e-12) << tensor.name;
      EXPECT_EQ(tensor.bytes, static_cast<uint64_t>(dtype_bits(dtype)) / 8 *
                                      pair.weights().get(part(tensor.name, ".lora_A.weight")).elements() +
                                  static_cast<uint64_t>(dtype_bits(dtype)) / 8 *
                                      pair.weights().get(part(tensor.name, ".lora_B.weight")).elements());
    }
    EXPECT_NEAR(report.total.error(), std::sqrt(squares / total), 1e-12);
    EXPECT_NEAR(report.low_rank.error_norm * report.low_rank.error_norm +
                    report.left_out.residual_norm * report.left_out.residual_norm,
                squares, 1e-12);
  }
  // A matrix whose rank has room: what is lost is rounding, and the wider dtype loses less.
  const double wide = pair.extract({.rank = 16}).low_rank.error();
  const double narrow = pair.extract({.rank = 16, .dtype = Dtype::bf16}).low_rank.error();
  EXPECT_LT(wide, 1e-6);
  EXPECT_GT(narrow, 1e-4);
  EXPECT_LT(narrow, rounding_loss(Dtype::bf16));
}

TEST(LowRankExtract, EveryMatrixStaysWithinAnErrorAtTheLeastRank) {
  const Pair pair({.hidden_size = 48, .intermediate_size = 80});
  const LowRankReport report = pair.extract({.max_error = 0.35});
  const Json config = pair.config();
  int64_t largest = 0;
  std::set<int64_t> ranks;
  for (const LowRankTensor& tensor : report.each) {
    if (tensor.kept != LowRankTensor::Kept::low_rank) continue;
    EXPECT_LE(error_of(pair, tensor.name), 0.35) << tensor.name;
    largest = std::max(largest, tensor.rank);
    ranks.insert(tensor.rank);
  }
  EXPECT_GT(ranks.size(), 2U) << "matrices of several shapes need several ranks";
  EXPECT_EQ(config["r"], largest);
  for (const LowRankTensor& tensor : report.each) {
    if (tensor.kept != LowRankTensor::Kept::low_rank) continue;
    const Json pattern = config["rank_pattern"].value(module_of(tensor.name), Json(largest));
    EXPECT_EQ(pattern, tensor.rank);
    EXPECT_EQ(config["alpha_pattern"].value(module_of(tensor.name), Json(largest)), tensor.rank)
        << "a scaling of 1";
  }
  const LowRankReport looser = pair.extract({.max_error = 0.6});
  EXPECT_LT(looser.low_rank.bytes, report.low_rank.bytes);
  const Adapter adapter(pair.dir / "r");
  const CheckpointReader base(pair.base);
  const AdapterResidual residual(adapter, base);
  apply(base, {{nullptr, 1, &residual}}, pair.dir / "back", {.sync = false});
}

TEST(LowRankExtract, ARankLimitsAnErrorAndWhatFailsItIsNoted) {
  const Pair pair;
  const LowRankReport report = pair.extract({.rank = 3, .max_error = 0.1});
  EXPECT_EQ(report.low_rank.largest_rank, 3);
  EXPECT_GT(report.low_rank.error(), 0.1);
  ASSERT_FALSE(report.notes.empty());
  EXPECT_EQ(report.notes.front(), "14 matrices lose more than 0.1 at rank 3");
}

TEST(LowRankExtract, DependsOnTheSeedAndNotOnThreads) {
  const Pair pair({.shards = 3});
  const std::string one = pair.extract({.rank = 4, .threads = 1}).weights_hash;
  EXPECT_EQ(pair.extract({.rank = 4, .threads = 4}).weights_hash, one);
  EXPECT_NE(pair.extract({.rank = 4, .seed = 1}).weights_hash, one);
}

TEST(LowRankExtract, FullModulesKeepEverythingElseAsTheInstructModelHasIt) {
  for (const bool tied : {false, true}) {
    const Pair pair({.family = ModelFamily::qwen2, .tied = tied});
    const LowRankReport report = pair.extract({.rank = 16, .full_modules = true});
    EXPECT_EQ(report.left_out.tensors, 0U);
    const CheckpointReader weights = pair.weights(), instruct(pair.instruct);
    const auto same = [&](const std::string& stored, const std::string& tensor) {
      EXPECT_EQ(weights.get(stored).dtype, instruct.get(tensor).dtype);
      EXPECT_EQ(weights.read_all(weights.get(stored)), instruct.read_all(instruct.get(tensor))) << stored;
    };
    const std::string layer = "model.layers.1.";
    same("base_model.model." + layer + "self_attn.q_proj.base_layer.bias", layer + "self_attn.q_proj.bias");
    same("base_model.model." + layer + "input_layernorm.weight", layer + "input_layernorm.weight");
    same("base_model.model.model.norm.weight", "model.norm.weight");
    same("base_model.model.model.embed_tokens.weight", "model.embed_tokens.weight");
    same("base_model.model.lm_head.weight", tied ? "model.embed_tokens.weight" : "lm_head.weight");
    const Json config = pair.config();
    EXPECT_EQ(config["bias"], "all");
    Json saved = {"embed_tokens", "input_layernorm", "norm", "post_attention_layernorm"};
    if (!tied) saved.insert(saved.begin() + 2, "lm_head");
    EXPECT_EQ(config["modules_to_save"], saved);
    EXPECT_EQ(config.value("ensure_weight_tying", false), tied);

    // Back on its base it is the instruct model, but for the matrices' rounding.
    const CheckpointReader base(pair.base);
    const Adapter adapter(pair.dir / "r");
    const AdapterResidual residual(adapter, base, &base);
    apply(base, {{nullptr, 1, &residual}}, pair.dir / "back", {.sync = false});
    const CheckpointReader back(pair.dir / "back");
    for (const TensorInfo& tensor : instruct.tensors()) {
      if (tensor.name.ends_with("_proj.weight")) continue;
      EXPECT_EQ(back.read_all(back.get(tensor.name)), instruct.read_all(tensor)) << tensor.name;
    }
    EXPECT_EQ(read_json(pair.dir / "back/config.json")["eos_token_id"], 3) << "the instruct model's";
  }
}

TEST(LowRankExtract, OptionsThatContradictAreUsageErrors) {
  const Pair pair;
  const auto refused = [&](const std::string& words, const LowRankExtractOptions& options) {
    expect_error(ErrorKind::usage, words, [&] { pair.extract(options); });
  };
  refused("neither a rank nor an error", {});
  refused("is negative", {.rank = -1});
  refused("is not between 0 and 1", {.max_error = 1});
  refused("is not between 0 and 1", {.max_error = std::nan("")});
  refused("rounding factors to BF16 alone", {.max_error = 0.005, .dtype = Dtype::bf16});
  refused("not a dtype for weights", {.rank = 4, .dtype = Dtype::i8});
  EXPECT_FALSE(fs::exists(pair.dir / "r"));
}

TEST(LowRankExtract, ModelsThatItCannotTakeLeaveNothing) {
  const Pair pair;
  const auto count = [&] {
    return std::distance(fs::directory_iterator(pair.dir.path()), fs::directory_iterator());
  };
  Json config = read_json(pair.base / "config.json");
  config["model_type"] = "gpt2";
  for (const fs::path& model : {pair.base, pair.instruct}) replace_file(model / "config.json", config.dump());
  expect_error(ErrorKind::input, "stores its matrices [in, out]", [&] { pair.extract({.rank = 4}); });
  config["model_type"] = "llama";
  for (const fs::path& model : {pair.base, pair.instruct}) replace_file(model / "config.json", config.dump());
  fs::remove(pair.instruct / "tokenizer.json");
  expect_error(ErrorKind::input, "the instruct model has no tokenizer", [&] { pair.extract({.rank = 4}); });
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  {
    const TensorInfo tensor = CheckpointReader(pair.instruct).get(name);
    File file(pair.instruct / "model.safetensors", File::Mode::read_write);
    const std::vector<std::byte> nan = {std::byte{0xc0}, std::byte{0x7f}};
    file.write_at(tensor.begin + 2 * 5, nan);
  }
  expect_error(ErrorKind::input, "element [0, 5] of tensor '" + name + "'",
               [&] { pair.extract({.rank = 4, .model_files = false}); });
  expect_error(ErrorKind::input, "instruct/model.safetensors",
               [&] { pair.extract({.rank = 4, .model_files = false}); });
  StopFlag stop;
  stop.request();
  expect_error(ErrorKind::interrupted, "extract",
               [&] { pair.extract({.rank = 4, .model_files = false, .stop = &stop}); });
  EXPECT_EQ(count(), 2) << "base and instruct";
}

TEST(LowRankExtract, ChoosesLinearLayersByNameAndShape) {
  const auto linear = [](const std::string& name, std::vector<int64_t> shape) {
    TensorInfo tensor;
    tensor.name = name;
    tensor.shape = std::move(shape);
    return is_linear_weight(tensor);
  };
  EXPECT_TRUE(linear("model.layers.0.mlp.up_proj.weight", {8, 4}));
  EXPECT_TRUE(linear("model.layers.0.mlp.experts.3.w1.weight", {8, 4}));
  EXPECT_FALSE(linear("model.layers.0.mlp.gate.weight", {8, 4})) << "a router";
  EXPECT_FALSE(linear("model.embed_tokens.weight", {8, 4}));
  EXPECT_FALSE(linear("lm_head.weight", {8, 4}));
  EXPECT_FALSE(linear("model.norm.weight", {8}));
  EXPECT_FALSE(linear("model.layers.0.mlp.experts.gate_up_proj", {2, 8, 4}));
  EXPECT_FALSE(linear("model.layers.0.A_log", {8, 4}));
  EXPECT_FALSE(linear("model.layers.0.q_proj.weight", {0, 4}));
}

TEST(LowRankReport, SumsByKindAndSaysWhatIsLeftOut) {
  const Pair pair;
  const LowRankReport report = pair.extract({.rank = 4});
  const Json json = parse_json(to_json_text(report), "report");
  EXPECT_EQ(json["each"].size(), CheckpointReader(pair.base).tensors().size());
  double squares = 0;
  uint64_t bytes = 0;
  for (const LowRankGroup& kind : report.kinds) {
    squares += kind.error_norm * kind.error_norm;
    bytes += kind.bytes;
  }
  EXPECT_NEAR(std::sqrt(squares), report.total.error_norm, 1e-12);
  EXPECT_EQ(bytes, report.bytes_written);
  const std::string table = low_rank_table(report);
  EXPECT_THAT(table, testing::ContainsRegex("self_attn.q_proj +2 +512 +4 "));
  EXPECT_THAT(table, testing::ContainsRegex("embed_tokens +1 +640 +left out +[0-9.]+ +1 +0\n"));
}

}  // namespace evergreen
