#include "evergreen/residual/verify_arithmetic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/residual/token_rows.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/weights.hpp"

namespace evergreen {
using test::expect_error;
using test::flip_byte;
using test::pico_checkpoint;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

using Reader = std::shared_ptr<const CheckpointReader>;
Reader open(const fs::path& path) { return std::make_shared<const CheckpointReader>(path); }

const ArithmeticOptions kFull = {.sample = 1};

// Three models and what was made of them.
struct Models {
  TempDir dir;
  Reader base, instruct, next, residual, applied, grafted;
  explicit Models(Dtype old_dtype = Dtype::bf16, Dtype new_dtype = Dtype::bf16, double scale = 1) {
    base = open(pico_checkpoint(dir, "base", {.dtype = old_dtype, .spread = 0.02}));
    instruct =
        open(pico_checkpoint(dir, "instruct", {.dtype = old_dtype, .seed = 2, .spread = 0.02, .chat = true}));
    next = open(pico_checkpoint(dir, "next", {.dtype = new_dtype, .seed = 3, .spread = 0.02}));
    extract(*base, *instruct, dir / "r", {.sync = false});
    residual = open(dir / "r");
    apply(*next, *residual, dir / "a", {.scale = scale, .sync = false});
    graft(*next, *base, *instruct, dir / "g", {.scale = scale, .sync = false});
    applied = open(dir / "a");
    grafted = open(dir / "g");
  }
  Provenance provenance(const char* name) const { return read_provenance(dir / name).value(); }
  ArithmeticInputs of_graft() const { return {.new_base = next, .base = base, .instruct = instruct}; }
};

}  // namespace

TEST(VerifyArithmetic, HoldsForEveryOutputInEveryMixOfDtypes) {
  for (const Dtype old_dtype : {Dtype::bf16, Dtype::f32}) {
    for (const Dtype new_dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
      const Models m(old_dtype, new_dtype, 0.7);
      const auto extracted =
          verify_arithmetic(*m.residual, m.provenance("r"), {.base = m.base, .instruct = m.instruct}, kFull);
      EXPECT_TRUE(extracted.holds());
      EXPECT_EQ(extracted.operation, "extract");
      EXPECT_EQ(extracted.scale, "");
      const auto applied = verify_arithmetic(*m.applied, m.provenance("a"),
                                             {.new_base = m.next, .residuals = {m.residual}}, kFull);
      EXPECT_TRUE(applied.holds());
      EXPECT_EQ(applied.operation, "apply");
      const auto grafted = verify_arithmetic(*m.grafted, m.provenance("g"), m.of_graft(), kFull);
      EXPECT_TRUE(grafted.holds());
      EXPECT_EQ(grafted.scale, "0.7");
      EXPECT_EQ(grafted.checked, grafted.elements);
    }
  }
}

TEST(VerifyArithmetic, ScaleZeroIsTheNewBase) {
  const Models m(Dtype::bf16, Dtype::bf16, 0);
  EXPECT_TRUE(verify_arithmetic(*m.grafted, m.provenance("g"), m.of_graft(), kFull).holds());
}

TEST(VerifyArithmetic, AWrongScaleIsFoundByASample) {
  const Models m(Dtype::bf16, Dtype::bf16, 0.5);
  Provenance provenance = m.provenance("g");
  EXPECT_TRUE(verify_arithmetic(*m.grafted, provenance, m.of_graft()).holds());
  provenance.settings["scale"] = "0.6";
  const ArithmeticReport report = verify_arithmetic(*m.grafted, provenance, m.of_graft());
  EXPECT_FALSE(report.holds());
  EXPECT_EQ(report.mismatches.size(), report.tensors) << "of every tensor a run is checked";
  EXPECT_TRUE(report.changed_inputs.empty());
  EXPECT_THAT(describe_mismatches(report), HasSubstr("with scale 0.6; "));
}

TEST(VerifyArithmetic, ASingleWrongElementIsNamedWithWhatWasExpectedAndFound) {
  const TempDir dir;
  const auto write = [&](const char* name, double value) {
    return open(test::write_tensor(dir / name, Dtype::f32, {20, 500}, [=](uint64_t) { return value; }));
  };
  const Reader base = write("base", 1), instruct = write("instruct", 1.5), next = write("next", 7);
  graft(*next, *base, *instruct, dir / "g", {.scale = 2, .model_files = false, .sync = false});
  const TensorInfo tensor = CheckpointReader(dir / "g").get("w");
  flip_byte(dir / "g/model.safetensors", tensor.begin + 4 * 8123 + 2);  // 8 becomes 8.0625 in float32
  const ArithmeticReport report =
      verify_arithmetic(CheckpointReader(dir / "g"), read_provenance(dir / "g").value(),
                        {.new_base = next, .base = base, .instruct = instruct}, kFull);
  ASSERT_EQ(report.mismatches.size(), 1U);
  EXPECT_EQ(report.wrong, 1U);
  EXPECT_EQ(report.mismatches[0].element, "[16, 123]");
  EXPECT_EQ(report.mismatches[0].expected, 8);
  EXPECT_EQ(report.mismatches[0].found, 8.0625);
  EXPECT_EQ(describe_mismatches(report),
            "element [16, 123] of tensor 'w' is 8.0625, but graft gives 8 with scale 2");
  EXPECT_EQ(parse_json(to_json_text(report), "report")["mismatches"][0]["element"], "[16, 123]");
}

TEST(VerifyArithmetic, TheSignOfZeroIsAnElementToo) {
  const TempDir dir;
  const auto write = [&](const char* name, double value) {
    return open(test::write_tensor(dir / name, Dtype::bf16, {2}, [=](uint64_t) { return value; }));
  };
  const Reader base = write("base", 1), instruct = write("instruct", 1);
  extract(*base, *instruct, dir / "r", {.model_files = false, .sync = false});
  const TensorInfo tensor = CheckpointReader(dir / "r").get("w");
  {
    File file(dir / "r/model.safetensors", File::Mode::read_write);
    const std::vector<std::byte> minus = {std::byte{0x80}};
    file.write_at(tensor.begin + 7, minus);
  }
  const ArithmeticReport report =
      verify_arithmetic(CheckpointReader(dir / "r"), read_provenance(dir / "r").value(),
                        {.base = base, .instruct = instruct}, kFull);
  EXPECT_EQ(report.wrong, 1U);
  EXPECT_THAT(describe_mismatches(report), HasSubstr("element 1 of tensor 'w' is -0, but extract gives 0"));
}

TEST(VerifyArithmetic, AnInputThatIsNotTheRecordedOneIsNamed) {
  const Models m;
  const Reader other = open(pico_checkpoint(m.dir, "other", {.seed = 9, .spread = 0.02, .chat = true}));
  const ArithmeticReport report = verify_arithmetic(*m.grafted, m.provenance("g"),
                                                    {.new_base = m.next, .base = m.base, .instruct = other});
  EXPECT_FALSE(report.holds());
  EXPECT_THAT(report.changed_inputs, ElementsAre("instruct model"));
}

TEST(VerifyArithmetic, ASampleIsSmallReachesEveryTensorAndDependsOnItsSeedAlone) {
  const TempDir dir;
  constexpr int64_t kElements = 3'000'000;
  const auto write = [&](const char* name, double factor) {
    return open(test::write_checkpoint(
        dir / name, {{"a", Dtype::bf16, {kElements}}, {"b", Dtype::bf16, {3}}},
        [=](const TensorSpec&, uint64_t i) { return factor * static_cast<double>(i % 91); }));
  };
  const Reader base = write("base", 1), instruct = write("instruct", 2), next = write("next", 4);
  graft(*next, *base, *instruct, dir / "g", {.model_files = false, .sync = false});
  Provenance provenance = read_provenance(dir / "g").value();
  const CheckpointReader grafted(dir / "g");
  const ArithmeticInputs inputs = {.new_base = next, .base = base, .instruct = instruct};
  const ArithmeticReport sampled = verify_arithmetic(grafted, provenance, inputs, {.threads = 3});
  EXPECT_TRUE(sampled.holds());
  EXPECT_EQ(sampled.elements, static_cast<uint64_t>(kElements) + 3);
  EXPECT_GE(sampled.checked, kElements / 100);
  EXPECT_LT(sampled.checked, kElements / 50);
  EXPECT_EQ(verify_arithmetic(grafted, provenance, inputs, kFull).checked, sampled.elements);
  provenance.settings["scale"] = "3";
  const auto first_wrong = [&](uint64_t seed, int threads) {
    const auto report = verify_arithmetic(grafted, provenance, inputs, {.seed = seed, .threads = threads});
    EXPECT_EQ(report.mismatches.size(), 2U);
    return report.mismatches.at(0).element;
  };
  EXPECT_EQ(first_wrong(1, 1), first_wrong(1, 4));
  EXPECT_NE(first_wrong(1, 1), first_wrong(2, 1));
}

TEST(VerifyArithmetic, CarriedTensorsMustBeThoseOfTheNewBase) {
  const TempDir dir;
  const std::vector<TensorSpec> tensors = {
      {"w", Dtype::bf16, {2}}, {"ids", Dtype::i64, {3}}, {"f4", Dtype::f4, {4}}};
  const auto write = [&](const char* name, double weight, double id) {
    return open(test::write_checkpoint(
        dir / name, tensors, [=](const TensorSpec& t, uint64_t) { return t.name == "w" ? weight : id; }));
  };
  const Reader base = write("base", 1, 7), instruct = write("instruct", 3, 7), next = write("next", 5, 9),
               other = write("other", 5, 8);
  graft(*next, *base, *instruct, dir / "g", {.model_files = false, .sync = false});
  const CheckpointReader grafted(dir / "g");
  const Provenance provenance = read_provenance(dir / "g").value();
  EXPECT_TRUE(
      verify_arithmetic(grafted, provenance, {.new_base = next, .base = base, .instruct = instruct}).holds());
  const auto report =
      verify_arithmetic(grafted, provenance, {.new_base = other, .base = base, .instruct = instruct});
  EXPECT_EQ(report.mismatches.size(), 2U);
  EXPECT_THAT(report.changed_inputs, ElementsAre("new base"));
}

TEST(VerifyArithmetic, TheInputsMayComeFromTheRecord) {
  const Models m;
  for (const char* name : {"r", "a", "g"}) {
    const Provenance provenance = m.provenance(name);
    EXPECT_TRUE(
        verify_arithmetic(*open(m.dir / name), provenance, recorded_inputs(provenance), kFull).holds())
        << name;
  }
  Provenance provenance = m.provenance("g");
  provenance.inputs.clear();
  expect_error(ErrorKind::input, "does not record the inputs", [&] { recorded_inputs(provenance); });
  provenance.inputs = {{"new base", (m.dir / "gone").string(), ""}};
  expect_error(ErrorKind::input, "no such file", [&] { recorded_inputs(provenance); });
}

TEST(VerifyArithmetic, WhatCannotBeComputedIsAnError) {
  const Models m;
  Provenance provenance = m.provenance("g");
  expect_error(ErrorKind::usage, "made of a new base",
               [&] { verify_arithmetic(*m.grafted, provenance, {.base = m.base}); });
  expect_error(ErrorKind::usage, "made of a base and an instruct model",
               [&] { verify_arithmetic(*m.residual, provenance, m.of_graft()); });
  const Reader wide = open(pico_checkpoint(m.dir, "wide", {.intermediate_size = 32}));
  expect_error(ErrorKind::input, "is [24, 16] in the output, but [32, 16] in ", [&] {
    verify_arithmetic(*m.grafted, provenance, {.new_base = m.next, .base = wide, .instruct = m.instruct});
  });
  for (const char* scale : {"mlp.*=0.5", "", "nan", "1 "}) {
    provenance.settings["scale"] = scale;
    expect_error(ErrorKind::input, "which is not a number",
                 [&] { verify_arithmetic(*m.grafted, provenance, m.of_graft()); });
  }
  provenance.settings["scale"] = "1";
  provenance.settings["rank"] = "8";
  expect_error(ErrorKind::input, "cannot compute again what 'rank' = '8' did",
               [&] { verify_arithmetic(*m.grafted, provenance, m.of_graft()); });
}

TEST(VerifyArithmetic, ScalesByPatternAreComputedAsRecorded) {
  const Models m;
  ResidualOptions options{.scale = 0.8, .sync = false};
  options.rules.scales = {{NamePattern("model.layers.{0-0}.*"), 0.25}, {NamePattern("*.mlp.*"), -1.5}};
  options.rules.exclude = {NamePattern("lm_head.weight")};
  graft(*m.next, *m.base, *m.instruct, m.dir / "p", options);
  Provenance provenance = m.provenance("p");
  const CheckpointReader output(m.dir / "p");
  EXPECT_TRUE(verify_arithmetic(output, provenance, m.of_graft(), kFull).holds());
  provenance.settings.erase("scale by tensor");
  const ArithmeticReport report = verify_arithmetic(output, provenance, m.of_graft(), kFull);
  EXPECT_FALSE(report.holds());
  EXPECT_LT(report.mismatches.size(), report.tensors) << "not all tensors had a scale of their own";
  options = {.sync = false};
  options.rules.include = {NamePattern("*.mlp.*")};
  graft(*m.next, *m.base, *m.instruct, m.dir / "i", options);
  EXPECT_TRUE(
      verify_arithmetic(CheckpointReader(m.dir / "i"), m.provenance("i"), m.of_graft(), kFull).holds());
}

TEST(VerifyArithmetic, SumsAndMergesOfResidualsAreComputedAsRecorded) {
  const Models m;
  const Reader second = open(pico_checkpoint(m.dir, "second", {.seed = 5, .spread = 0.02, .chat = true}));
  extract(*m.base, *second, m.dir / "r2", {.dtype = Dtype::bf16, .sync = false});
  const Reader other = open(m.dir / "r2");
  for (const MergeMethod method : {MergeMethod::sum, MergeMethod::ties, MergeMethod::dare}) {
    const fs::path out = m.dir / merge_method_name(method);
    apply(*m.next, {{m.residual.get(), 0.7}, {other.get(), 0.4}}, out,
          {.scale = 0.9, .merge = {method, method == MergeMethod::sum ? 1.0 : 0.3, 11}, .sync = false});
    Provenance provenance = read_provenance(out).value();
    const ArithmeticInputs inputs{.new_base = m.next, .residuals = {m.residual, other}};
    EXPECT_TRUE(verify_arithmetic(CheckpointReader(out), provenance, inputs, kFull).holds()) << out;
    EXPECT_TRUE(verify_arithmetic(CheckpointReader(out), provenance, recorded_inputs(provenance)).holds());
    const ArithmeticInputs swapped{.new_base = m.next, .residuals = {other, m.residual}};
    const ArithmeticReport report = verify_arithmetic(CheckpointReader(out), provenance, swapped);
    EXPECT_FALSE(report.holds());
    EXPECT_THAT(report.changed_inputs, ElementsAre("residual 1", "residual 2"));
    expect_error(ErrorKind::usage, "made of 2 residuals, not of 1", [&] {
      verify_arithmetic(CheckpointReader(out), provenance, {.new_base = m.next, .residuals = {other}});
    });
  }
}

TEST(VerifyArithmetic, AlignedRowsAreComputedByTheirTokens) {
  const TempDir dir;
  const auto model = [&](const char* name, uint64_t seed, int64_t rows,
                         std::map<int64_t, std::string> tokens) {
    return open(pico_checkpoint(
        dir, name,
        {.seed = seed, .vocab_size = rows, .spread = 0.02, .chat = seed == 2, .tokens = std::move(tokens)}));
  };
  const Reader base = model("base", 1, 40, {}), next = model("next", 3, 41, {{40, "<new>"}}),
               instruct = model("instruct", 2, 42, {{3, "t5"}, {5, "t3"}, {40, "<tool>"}, {41, "<end>"}});
  for (const AddedTokens policy : {AddedTokens::keep, AddedTokens::zero}) {
    const std::string name = added_tokens_name(policy);
    const ResidualOptions options{.scale = 0.5, .added_tokens = policy, .sync = false};
    graft(*next, *base, *instruct, dir / ("g" + name), options);
    extract(*base, *instruct, dir / ("r" + name), options);
    apply(*next, *open(dir / ("r" + name)), dir / ("a" + name), options);
    for (const char* operation : {"g", "r", "a"}) {
      const fs::path out = dir / (operation + name);
      const Provenance provenance = read_provenance(out).value();
      EXPECT_EQ(provenance.settings.at("added-tokens"), name);
      const auto report =
          verify_arithmetic(CheckpointReader(out), provenance, recorded_inputs(provenance), kFull);
      EXPECT_TRUE(report.holds()) << out;
      EXPECT_EQ(report.checked, report.elements);
    }
  }
  const TensorInfo embedding = CheckpointReader(dir / "gkeep").get("model.embed_tokens.weight");
  flip_byte(dir / "gkeep/model.safetensors", embedding.begin + 2 * (41 * 16 + 5) + 1);
  const Provenance provenance = read_provenance(dir / "gkeep").value();
  const auto report =
      verify_arithmetic(CheckpointReader(dir / "gkeep"), provenance, recorded_inputs(provenance), kFull);
  ASSERT_EQ(report.mismatches.size(), 1U);
  EXPECT_EQ(report.mismatches[0].element, "[41, 5]") << "a row that was kept";
}

}  // namespace evergreen
