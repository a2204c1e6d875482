// The residual's commands on files, as a user runs them.
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "tests/cli/program.hpp"
#include "tests/support/pico_checkpoint.hpp"

namespace evergreen {
using test::Outcome;
using test::pico_checkpoint;
using test::run_program;
using test::TempDir;
using testing::HasSubstr;
using testing::Not;

namespace {

struct Models {
  TempDir dir;
  std::string base = pico_checkpoint(dir, "base", {.spread = 0.02}).string();
  std::string instruct = pico_checkpoint(dir, "instruct", {.seed = 2, .spread = 0.02, .chat = true}).string();
  std::string new_base = pico_checkpoint(dir, "new_base", {.seed = 3, .spread = 0.02}).string();
  std::string path(const std::string& name) const { return (dir / name).string(); }
};

}  // namespace

TEST(ResidualCommands, ExtractAndApplyGiveWhatGraftGives) {
  const Models m;
  Outcome outcome = run_program("residual extract --base " + m.base + " --instruct " + m.instruct +
                                " --out " + m.path("r"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("stored in F32"));
  outcome = run_program("residual apply --new-base " + m.new_base + " --residual " + m.path("r") + " --out " +
                        m.path("applied") + " --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string applied = parse_json(outcome.out, "stdout")["weights"];
  outcome = run_program("residual graft --new-base " + m.new_base + " --base " + m.base + " --instruct " +
                        m.instruct + " --out " + m.path("grafted") + " --json --quiet");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(parse_json(outcome.out, "stdout")["operation"], "graft");
  EXPECT_THAT(read_text(m.path("grafted") + "/README.md"),
              HasSubstr("evergreen residual graft --json --quiet --new-base"));
  EXPECT_EQ(run_program("residual verify " + m.path("grafted")).exit_code, 0);
  // A float32 residual of two bfloat16 models is exact here, so both ways agree to the last bit.
  EXPECT_EQ(parse_json(outcome.out, "stdout")["weights"], applied);
}

TEST(ResidualCommands, ANarrowResidualSaysWhatItLoses) {
  const Models m;
  const Outcome outcome = run_program("residual extract --base " + m.base + " --instruct " + m.instruct +
                                      " --out " + m.path("r") + " --dtype bf16");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              testing::ContainsRegex("stored in BF16, R is off by 0\\.1[0-9]+ % of its norm, by at most"));
  EXPECT_THAT(outcome.out, HasSubstr("come out other than with R exact"));
}

TEST(ResidualCommands, AnAdapterIsMadeAndAdded) {
  const Models m;
  const std::string pair = "residual extract --base " + m.base + " --instruct " + m.instruct;
  Outcome outcome = run_program(pair + " --out " + m.path("r") + " --rank 4");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("LoRA adapter of 14 matrices, rank 4"));
  EXPECT_THAT(outcome.out, HasSubstr("7 tensors that LoRA does not hold are left out"));
  EXPECT_THAT(outcome.out, HasSubstr("vLLM: --enable-lora --max-lora-rank 8"));
  EXPECT_THAT(read_text(m.path("r") + "/README.md"), HasSubstr("evergreen residual extract --base"));
  outcome = run_program("residual apply --new-base " + m.new_base + " --residual " + m.path("r") + " --out " +
                        m.path("updated") + " --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  outcome = run_program("residual verify " + m.path("updated") + " --against-recorded --full");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("the arithmetic of apply holds"));

  outcome = run_program(pair + " --out " + m.path("full") + " --max-error 0.3 --full-modules --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_LE(parse_json(outcome.out, "stdout")["low_rank"]["relative_error"].get<double>(), 0.3);
  const std::string apply =
      "residual apply --new-base " + m.new_base + " --residual " + m.path("full") + " --out " + m.path("u2");
  outcome = run_program(apply);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("as --base"));
  outcome = run_program(apply + " --base " + m.base);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(run_program("residual verify " + m.path("u2") + " --against-recorded").exit_code, 0);
  outcome = run_program("residual verify " + m.path("u2") + " --full --new-base " + m.new_base +
                        " --residual " + m.path("full") + " --base " + m.base);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST(ResidualCommands, AdaptersAndResidualsAreAddedTogetherByPatternAndInParts) {
  const Models m;
  const std::string pair = "residual extract --base " + m.base + " --instruct " + m.instruct + " --out ";
  ASSERT_EQ(run_program(pair + m.path("r")).exit_code, 0);
  ASSERT_EQ(run_program(pair + m.path("a") + " --rank 4").exit_code, 0);
  const std::string apply = "residual apply --new-base " + m.new_base + " --residual " + m.path("r") +
                            ":0.5 --residual " + m.path("a") +
                            ":0.25 --exclude 'model.layers.1.*' --json --out ";
  Outcome outcome = run_program(apply + m.path("whole"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string whole = parse_json(outcome.out, "stdout")["weights"];
  for (const char* part : {"2/2", "1/2"})
    ASSERT_EQ(run_program(apply + m.path("parts") + " --part " + part).exit_code, 0);
  outcome = run_program(apply + m.path("parts") + " --finish");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(parse_json(outcome.out, "stdout")["weights"], whole);
  outcome = run_program("residual verify " + m.path("parts") + " --against-recorded --full");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const CheckpointReader updated(m.path("whole")), new_base(m.new_base);
  const std::string left_out = "model.layers.1.mlp.up_proj.weight";
  EXPECT_EQ(updated.read_all(updated.get(left_out)), new_base.read_all(new_base.get(left_out)));
}

TEST(ResidualCommands, OptionsOfAnAdapterAreRefusedElsewhere) {
  const Models m;
  const std::string pair =
      "residual extract --base " + m.base + " --instruct " + m.instruct + " --out " + m.path("r");
  Outcome outcome = run_program(pair + " --full-modules");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--full-modules is for a LoRA adapter"));
  outcome = run_program(pair + " --rank 4 --part 1/2");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("are not for a LoRA adapter"));
  ASSERT_EQ(run_program(pair).exit_code, 0);
  outcome = run_program("residual apply --new-base " + m.new_base + " --residual " + m.path("r") +
                        " --base " + m.base + " --out " + m.path("u"));
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--base is for a LoRA adapter"));
}

TEST(ResidualCommands, InspectShowsAModelAndHowFarItIsFromItsBase) {
  const Models m;
  Outcome outcome = run_program("residual inspect " + m.base);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("LlamaForCausalLM, BF16, "));
  EXPECT_THAT(outcome.out, HasSubstr("no NaN, nothing infinite"));
  outcome = run_program("residual inspect " + m.base + " --headers-only --tensors");
  EXPECT_THAT(outcome.out, HasSubstr("BF16     [40, 16]             model.embed_tokens.weight"));
  outcome = run_program("residual inspect " + m.instruct + " --base " + m.base + " --tensors");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("layer 1 "));
  EXPECT_THAT(outcome.out, HasSubstr("self_attn.q_proj "));
  EXPECT_THAT(outcome.out, HasSubstr("model.layers.0.mlp.up_proj.weight "));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b"))) << "colour is for terminals";
}

TEST(ResidualCommands, InspectShowsTheShiftOfCptBesideTheResidual) {
  const Models m;
  const std::string page = m.path("it's a page.html");
  const Outcome outcome = run_program("residual inspect " + m.instruct + " --base " + m.base +
                                      " --new-base " + m.new_base + " --json --html \"" + page + "\"");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_NEAR(json["total"]["cosine"], 0.5, 0.05) << "both are a draw minus the same draw";
  EXPECT_EQ(json["layers"].size(), 2U);
  EXPECT_THAT(read_text(page), HasSubstr("cos(R, S)"));
  EXPECT_EQ(run_program("residual inspect " + m.instruct + " --new-base " + m.new_base).exit_code, 2);
}

TEST(ResidualCommands, InspectFitsIntoAHundredColumns) {
  const Models m;
  for (const std::string& arguments :
       {m.instruct + " --base " + m.base + " --new-base " + m.new_base + " --tensors", m.base,
        m.base + " " + m.instruct + " " + m.new_base}) {
    std::istringstream lines(run_program("residual inspect " + arguments).out);
    int seen = 0;
    for (std::string line; std::getline(lines, line); ++seen) {
      if (line.find(m.dir.path().string()) != std::string::npos) continue;  // as long as the path
      EXPECT_LE(line.size(), 110U) << line;                                 // bytes: a dash has three
    }
    EXPECT_GT(seen, 5);
  }
}

TEST(ResidualCommands, InspectComparesSeveralCheckpoints) {
  const Models m;
  Outcome outcome = run_program("residual inspect " + m.base + " " + m.instruct + " " + m.new_base +
                                " --html " + m.path("page.html"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("reference: " + m.base + " (the first)"));
  EXPECT_THAT(outcome.out, HasSubstr("relative norm"));
  EXPECT_THAT(read_text(m.path("page.html")), HasSubstr("3 checkpoints"));
  outcome = run_program("residual inspect " + m.instruct + " " + m.new_base + " --json --base " + m.base);
  EXPECT_NEAR(parse_json(outcome.out, "stdout")["checkpoints"][0]["cosines"][1], 0.5, 0.05);
  EXPECT_EQ(run_program("residual inspect " + m.base + " " + m.instruct + " --new-base " + m.base).exit_code,
            2);
}

TEST(ResidualCommands, RefusalsNameTheFilesAndLeaveNothing) {
  const Models m;
  const std::string wide = pico_checkpoint(m.dir, "wide", {.hidden_size = 32}).string();
  Outcome outcome = run_program("residual extract --base " + m.base + " --instruct " + wide + " --out " +
                                m.path("r") + " --json");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("is [40, 16] in the base and [40, 32] in the instruct model"));
  EXPECT_EQ(parse_json(outcome.out, "stdout")["error"]["exit_code"], 3);
  EXPECT_FALSE(fs::exists(m.path("r")) || fs::exists(m.path("r") + ".partial"));
  outcome = run_program("residual extract --base " + m.base + " --instruct " + m.instruct + " --out " +
                        m.path("r") + " --dtype bf17");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'bf16'?"));
  outcome = run_program("residual extract --base " + m.path("nowhere") + " --instruct " + m.instruct +
                        " --out " + m.path("r"));
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("no such file"));
  outcome = run_program("residual verify " + m.base);
  EXPECT_EQ(outcome.exit_code, 3);
}

TEST(ResidualCommands, ScalesByPatternPartsAndWeightsAreOptions) {
  const Models m;
  const std::string graft = "residual graft --new-base " + m.new_base + " --base " + m.base + " --instruct " +
                            m.instruct +
                            " --scale 0.5 --scale 'model.layers.{0-0}.*=0' --exclude '*norm*' --json --out ";
  Outcome outcome = run_program(graft + m.path("whole"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string whole = parse_json(outcome.out, "stdout")["weights"];
  const CheckpointReader updated(m.path("whole")), new_base(m.new_base);
  const std::string zero = "model.layers.0.mlp.up_proj.weight", half = "model.layers.1.mlp.up_proj.weight";
  EXPECT_EQ(updated.read_all(updated.get(zero)), new_base.read_all(new_base.get(zero)));
  EXPECT_NE(updated.read_all(updated.get(half)), new_base.read_all(new_base.get(half)));
  for (const char* part : {"2/2", "1/2"}) {
    ASSERT_EQ(run_program(graft + m.path("parts") + " --part " + part).exit_code, 0);
  }
  outcome = run_program(graft + m.path("parts") + " --finish");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(parse_json(outcome.out, "stdout")["weights"], whole);
  outcome = run_program(graft + m.path("x") + " --part 3/2");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--part 2/8"));
}

TEST(ResidualCommands, SeveralResidualsAreAddedWithTheirWeights) {
  const Models m;
  ASSERT_EQ(
      run_program("residual extract --base " + m.base + " --instruct " + m.instruct + " --out " + m.path("r"))
          .exit_code,
      0);
  const std::string apply = "residual apply --new-base " + m.new_base + " --json --residual " + m.path("r");
  const Outcome twice =
      run_program(apply + ":0.5 --residual " + m.path("r") + ":0.5 --out " + m.path("twice"));
  const Outcome once = run_program(apply + " --out " + m.path("once"));
  ASSERT_EQ(twice.exit_code, 0) << twice.err;
  EXPECT_EQ(parse_json(twice.out, "stdout")["weights"], parse_json(once.out, "stdout")["weights"]);
  const Outcome ties = run_program(apply + " --merge ties --density 0.2 --out " + m.path("ties"));
  ASSERT_EQ(ties.exit_code, 0) << ties.err;
  EXPECT_THAT(read_text(m.path("ties") + "/evergreen.json"), HasSubstr("\"density\": \"0.2\""));
  EXPECT_THAT(run_program(apply + " --merge tise --out " + m.path("x")).err,
              HasSubstr("did you mean 'ties'?"));
}

TEST(ResidualCommands, AChangedFileIsFoundByVerifyAndItsTensorNamed) {
  const Models m;
  ASSERT_EQ(
      run_program("residual extract --base " + m.base + " --instruct " + m.instruct + " --out " + m.path("r"))
          .exit_code,
      0);
  {
    File file(m.path("r") + "/model.safetensors", File::Mode::read_write);
    const std::vector<std::byte> byte = {std::byte{0x42}};
    file.write_at(file.size() - 2, byte);
  }
  Outcome outcome = run_program("residual verify " + m.path("r"));
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err,
              HasSubstr("1 tensor is not as evergreen wrote it: 'lm_head.weight' in model.safetensors"));
  outcome = run_program("residual verify --json " + m.path("r"));
  EXPECT_EQ(outcome.exit_code, 3);
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["matches"], false);
  EXPECT_EQ(json["differences"][0]["tensor"], "lm_head.weight");
}

TEST(ResidualCommands, VerifyComputesAnOutputAgainFromItsInputs) {
  const Models m;
  const std::string inputs = " --new-base " + m.new_base + " --base " + m.base + " --instruct " + m.instruct;
  ASSERT_EQ(run_program("residual graft --scale 0.5 --out " + m.path("g") + inputs).exit_code, 0);
  Outcome outcome = run_program("residual verify " + m.path("g") + inputs);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("the arithmetic of graft holds with scale 0.5 on "));
  outcome = run_program("residual verify " + m.path("g") + " --against-recorded --full --json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json json = parse_json(outcome.out, "stdout");
  EXPECT_EQ(json["arithmetic"]["checked"], json["arithmetic"]["elements"]);
  EXPECT_EQ(run_program("residual verify " + m.path("g") + " --against-recorded" + inputs).exit_code, 2);

  // The weights are whole; but evergreen.json claims another scale.
  std::string provenance = read_text(m.path("g") + "/evergreen.json");
  provenance.replace(provenance.find("\"scale\": \"0.5\""), 14, "\"scale\": \"0.6\"");
  replace_file(m.path("g") + "/evergreen.json", provenance);
  EXPECT_EQ(run_program("residual verify " + m.path("g")).exit_code, 0);
  outcome = run_program("residual verify " + m.path("g") + inputs);
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_THAT(outcome.err, HasSubstr("but graft gives"));
  EXPECT_THAT(outcome.err, HasSubstr("with scale 0.6"));
}

}  // namespace evergreen
