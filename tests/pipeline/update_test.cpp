#include "evergreen/pipeline/update.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/residual/verify.hpp"
#include "tests/pipeline/tiny_pair.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class UpdateTest : public testing::Test {
 protected:
  void SetUp() override {
    test::make_tiny_pair(dir_.path());
    replace_file(dir_ / "news.jsonl", test::tiny_corpus(1, 60));
  }

  UpdateOptions options(const std::string& out) const {
    UpdateOptions o;
    o.base = dir_ / "base";
    o.instruct = dir_ / "instruct";
    o.recipe.inputs = {dir_ / "news.jsonl"};
    o.out = dir_ / out;
    o.held_out = 0.1;
    o.train.packing = {.row_tokens = 32, .rows = 4, .seed = 7};
    o.train.steps = 6;
    o.train.schedule.peak = 1e-2;
    o.train.validate_every = 3;
    return o;
  }

  // Everything in the directory but its parent's names.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::directory_iterator(dir_.path()))
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }
  TempDir dir_;
};

std::string weights_hash(const fs::path& directory) {
  return to_string(CheckpointReader(directory).content_hash(1));
}
}  // namespace

TEST_F(UpdateTest, MakesAModelThatIsTheTrainedBasePlusTheResidual) {
  replace_file(dir_ / "base" / "LICENSE", "terms");
  replace_file(dir_ / "base" / "chat_template.json", "{}");
  const UpdateReport report = update(options("u"));
  EXPECT_LT(report.train.final_loss, report.train.first_loss);
  EXPECT_GT(report.relative_residual, 0.0);
  for (const char* file :
       {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md",
        "report.json", "report.html", "evergreen.json", "metrics.jsonl", "LICENSE", "base/config.json",
        "base/model.safetensors", "base/tokenizer.json", "base/chat_template.json", "base/LICENSE"}) {
    EXPECT_TRUE(fs::exists(dir_ / "u" / file)) << file;
  }
  EXPECT_FALSE(fs::exists(dir_ / "u.work"));
  for (const char* model : {"u", "u/base"}) {
    const VerifyReport verified = verify(dir_ / model);
    EXPECT_TRUE(verified.tensors_known && verified.matches()) << model;
  }
  const Decoder base = load_decoder(dir_ / "base"), instruct = load_decoder(dir_ / "instruct");
  const Decoder trained = load_decoder(dir_ / "u/base"), updated = load_decoder(dir_ / "u");
  for (const ParameterInfo& info : updated.parameters().table()) {
    const at::Tensor wanted = trained.parameters().at(info.name) + instruct.parameters().at(info.name) -
                              base.parameters().at(info.name);
    // Two roundings to bfloat16 lie between these: of the trained base that was read here, and of the updated model.
    EXPECT_TRUE(at::allclose(updated.parameters().at(info.name), wanted, 2e-2, 2e-3)) << info.name;
    if (info.weight_decay) {
      EXPECT_FALSE(at::equal(trained.parameters().at(info.name), base.parameters().at(info.name)))
          << info.name;
    }
  }
  const Json json = read_json(dir_ / "u/report.json");
  EXPECT_EQ(json.at("scores").size(), 4U);
  EXPECT_TRUE(json.at("scores")[3].at("results").contains("perplexity:new"));
}

TEST_F(UpdateTest, TheReportComparesTheModelsItemByItemAndShowsAnswersCostsAndLayers) {
  test::write_instructions(dir_ / "tasks.jsonl", "answer", 4);
  UpdateOptions o = options("u");
  o.tasks = {"instructions:" + (dir_ / "tasks.jsonl").string()};
  o.old_text = dir_ / "old.jsonl";
  replace_file(*o.old_text, test::tiny_corpus(3, 5));
  const UpdateReport report = update(o);
  const Json json = read_json(dir_ / "u/report.json");
  EXPECT_EQ(json.at("answers").size(), 4U);
  EXPECT_EQ(json.at("answers")[0].at("question"), "answer 0 the river");
  EXPECT_GT(json.at("layers").at("relative_shift").get<double>(), 0);
  EXPECT_GE(json.at("layers").at("maps").size(), 3U);
  std::map<std::string, double> flops;
  for (const Json& cost : json.at("costs")) flops[cost.at("stage")] = cost.at("flops");
  EXPECT_GT(flops.at("continued pre-training"), flops.at("graft of the residual"));
  EXPECT_GT(flops.at("evaluation of four models"), 0);
  for (const Json& c : json.at("comparisons")) {
    if (c.at("task") != "perplexity:new" || c.at("metric") != "token_perplexity,none") continue;
    const size_t a = c.at("a") == "updated" ? 3 : 2;
    const auto value = [&](size_t arm) {
      return json.at("scores")[arm]
          .at("results")
          .at("perplexity:new")
          .at("token_perplexity,none")
          .get<double>();
    };
    EXPECT_NEAR(c.at("difference"), value(a) - value(a - 2), 1e-9);
  }
  EXPECT_NE(json.at("verdict").at("headline").get<std::string>().find("old text"), std::string::npos);
  EXPECT_NE(report.summary.find(json.at("verdict").at("headline").get<std::string>()), std::string::npos);
  const std::string page = read_text(dir_ / "u/report.html");
  for (const char* words : {"Verdict", "Before and after", "Training loss", "What changed in the weights",
                            "The same questions", "What it cost", "Where it comes from"})
    EXPECT_NE(page.find(words), std::string::npos) << words;
}

TEST_F(UpdateTest, WithoutTasksTheAnswersGoOnWithHeldOutTextAndMapsCanBeLeftOut) {
  UpdateOptions o = options("u");
  o.layer_maps = false;
  update(o);
  const Json json = read_json(dir_ / "u/report.json");
  EXPECT_FALSE(json.contains("layers"));
  ASSERT_GE(json.at("answers").size(), 1U);
  EXPECT_FALSE(json.at("answers")[0].at("wanted").get<std::string>().empty());
  o = options("v");
  o.prompts = dir_ / "prompts.txt";
  replace_file(*o.prompts, "the river\nthe town\n");
  update(o);
  EXPECT_EQ(read_json(dir_ / "v/report.json").at("answers")[1].at("question"), "the town");
}

TEST_F(UpdateTest, ARequirementIsJudgedAndAMissedOneStillLeavesTheModel) {
  UpdateOptions o = options("u");
  o.requirements = {"perplexity:new<=2*instruct", "perplexity:new<1"};
  const UpdateReport report = update(o);
  ASSERT_EQ(report.missed.size(), 1U);
  EXPECT_EQ(report.missed[0].substr(0, 17), "perplexity:new<1:");
  EXPECT_TRUE(fs::exists(dir_ / "u/model.safetensors"));
  const Json outcomes = read_json(dir_ / "u/report.json").at("requirements");
  EXPECT_TRUE(outcomes[0].at("met").get<bool>());
  EXPECT_FALSE(outcomes[1].at("met").get<bool>());
}

TEST_F(UpdateTest, AMisspeltRequirementIsToldBeforeAnythingIsWritten) {
  const std::vector<std::string> before = names();
  UpdateOptions o = options("u");
  o.requirements = {"perplexity:nwe<5"};
  expect_error(ErrorKind::usage, "did you mean 'perplexity:new'?", [&] { update(o); });
  o.requirements = {"perplexity:old<5"};  // there is no old text
  expect_error(ErrorKind::usage, "not among the scores", [&] { update(o); });
  EXPECT_EQ(names(), before);
}

// R makes the model end its answer at once, the more the larger the scale: 0 does not, 1 and 2 do, and 2 costs more perplexity.
TEST_F(UpdateTest, TheSearchFindsTheScaleThatFollowsThePromptsAndKnowsTheTextBest) {
  test::make_instruct_that_ends_at_once(dir_.path());
  test::write_instructions(dir_ / "tune.jsonl", "tune", 3, R"({"check": "words", "max": 0})");
  UpdateOptions o = options("u");
  o.scale_search = ScaleSearch{{0, 1, 2}, {"instructions:" + (dir_ / "tune.jsonl").string()}};
  const UpdateReport report = update(o);
  EXPECT_EQ(report.scale, 1);
  const Json search = read_json(dir_ / "u/report.json").at("scale_search");
  EXPECT_EQ(search.at("points")[0].at("score"), 0.0);
  EXPECT_EQ(search.at("points")[1].at("score"), 1.0);
  EXPECT_EQ(search.at("points")[2].at("score"), 1.0);
  EXPECT_LT(search.at("points")[1].at("perplexity").get<double>(),
            search.at("points")[2].at("perplexity").get<double>());
  EXPECT_EQ(read_provenance(dir_ / "u")->settings.at("scale-found"), "1");
  o = options("v");
  o.scale = 1;
  update(o);
  EXPECT_EQ(weights_hash(dir_ / "u"), weights_hash(dir_ / "v"));
}

TEST_F(UpdateTest, ASearchWithoutTextToDivideIsToldBeforeTrainingAndNothingIsLeft) {
  test::write_instructions(dir_ / "tune.jsonl", "tune", 3);
  const std::vector<std::string> before = names();
  UpdateOptions o = options("u");
  o.held_out = 1e-9;  // the end of the last document, and nothing else
  o.scale_search = ScaleSearch{{1}, {"instructions:" + (dir_ / "tune.jsonl").string()}};
  expect_error(ErrorKind::input, "two different held-out documents", [&] { update(o); });
  EXPECT_EQ(names(), before);
}

TEST_F(UpdateTest, AnInterruptedSearchGoesOnAndMeasuresEachScaleOnce) {
  test::write_instructions(dir_ / "tune.jsonl", "tune", 3);
  UpdateOptions o = options("u");
  o.scale_search = ScaleSearch{{0.5, 1, 1.5}, {"instructions:" + (dir_ / "tune.jsonl").string()}};
  StopFlag stop;
  int grafts = 0;
  const auto count = [&](const ProgressUpdate& p) {
    if (p.stage == "graft" && p.done >= p.total && ++grafts == 2) stop.request();
  };
  expect_error(ErrorKind::interrupted, "", [&] { update(o, &stop, count); });
  const int first = grafts;
  EXPECT_TRUE(fs::exists(dir_ / "u.work/stages/scale-0.5.json"));
  StopFlag go_on;
  update(o, &go_on, [&](const ProgressUpdate& p) {
    if (p.stage == "graft" && p.done >= p.total) ++grafts;
  });
  EXPECT_EQ(grafts - first, 3);  // the scales 1 and 1.5, and the model
  EXPECT_EQ(read_json(dir_ / "u/report.json").at("scale_search").at("points").size(), 3U);
}

TEST_F(UpdateTest, AnInterruptedUpdateGoesOnAndEqualsTheUninterruptedOneBitForBit) {
  update(options("whole"));
  StopFlag stop;
  int steps = 0;
  expect_error(ErrorKind::interrupted, "run the same command again", [&] {
    update(options("parts"), &stop, [&](const ProgressUpdate& p) {
      if (p.stage == "train" && ++steps == 3) stop.request();
    });
  });
  EXPECT_FALSE(fs::exists(dir_ / "parts"));
  update(options("parts"));
  EXPECT_EQ(weights_hash(dir_ / "whole"), weights_hash(dir_ / "parts"));
  EXPECT_EQ(weights_hash(dir_ / "whole/base"), weights_hash(dir_ / "parts/base"));
}

TEST_F(UpdateTest, ThreeSuccessiveMonthsKeepTheResidualAndGoOnWithTheBase) {
  std::vector<fs::path> months;
  for (uint64_t month = 1; month <= 3; ++month) {
    UpdateOptions o = options("month-" + std::to_string(month));
    replace_file(dir_ / "month.jsonl", test::tiny_corpus(month, 60));
    o.recipe.inputs = {dir_ / "month.jsonl"};
    if (month > 1) o.start_from = months.back();
    const UpdateReport report = update(o);
    EXPECT_EQ(report.html.find("started from an earlier update") != std::string::npos, month > 1);
    months.push_back(o.out);
    const Decoder base = load_decoder(dir_ / "base"), instruct = load_decoder(dir_ / "instruct");
    const Decoder trained = load_decoder(o.out / "base"), updated = load_decoder(o.out);
    const std::string name = "model.layers.0.mlp.up_proj.weight";
    const at::Tensor added = updated.parameters().at(name) - trained.parameters().at(name);
    const at::Tensor residual = instruct.parameters().at(name) - base.parameters().at(name);
    EXPECT_TRUE(at::allclose(added, residual, 0.0, 2e-3)) << "month " << month;
  }
  EXPECT_NE(weights_hash(months[0] / "base"), weights_hash(months[1] / "base"));
  const Provenance provenance = *read_provenance(months[2]);
  EXPECT_EQ(provenance.inputs.back().role, "start-from");
}

TEST_F(UpdateTest, TheCorpusIsSelectedAndCleanedAndOldTextIsReplayed) {
  std::string lines;
  RandomStream stream(9, "update test");
  for (int d = 0; d < 80; ++d) {
    const std::string text = d % 4 == 3 ? "the same text again and again." : test::tiny_sentence(stream);
    lines += "{\"body\": \"" + text + "\", \"when\": \"" + std::to_string(2020 + d % 8) + "\"}\n";
  }
  replace_file(dir_ / "dated.jsonl", lines);
  replace_file(dir_ / "old.jsonl", lines.substr(0, lines.find("\n", lines.size() / 2) + 1));
  UpdateOptions o = options("u");
  o.recipe.inputs = {dir_ / "dated.jsonl"};
  o.recipe.corpus = {.text_field = "body", .date_field = "when", .since = "2022"};
  o.recipe.dedup.kind = DedupKind::exact;
  o.replay = {dir_ / "old.jsonl"};
  o.replay_share = 0.25;
  o.train.packing.method = PackingMethod::best_fit;
  update(o);
  const Json report = read_json(dir_ / "u/report.json"), tokens = report.at("tokens");
  EXPECT_EQ(tokens.at("records"), 80);
  EXPECT_EQ(tokens.at("dropped").at("before_since"), 20);
  EXPECT_EQ(tokens.at("dropped").at("exact_duplicate"), 19);
  EXPECT_EQ(tokens.at("documents").get<int>() + tokens.at("held_out_documents").get<int>(), 41);
  EXPECT_GE(tokens.at("replay").at("records"), 40);
  EXPECT_FALSE(tokens.at("replay").at("dropped").contains("before_since"));
  EXPECT_EQ(report.at("settings").at("since"), "2022");
  EXPECT_EQ(report.at("settings").at("packing"), "best-fit");
  EXPECT_TRUE(report.at("cpt").at("validation_after").contains("replay"));
  EXPECT_EQ(read_provenance(dir_ / "u")->inputs.back().role, "replay");
  o = options("v");
  o.recipe.inputs = {dir_ / "dated.jsonl"};
  o.recipe.corpus.text_field = "body";
  o.recipe.corpus.until = "2022";
  expect_error(ErrorKind::usage, "--date-field", [&] { update(o); });
}

TEST_F(UpdateTest, OtherSettingsOrInputsForUnfinishedWorkAreNamed) {
  StopFlag stop;
  stop.request();
  EXPECT_THROW(update(options("u"), &stop), Error);
  UpdateOptions other = options("u");
  other.scale = 0.5;
  expect_error(ErrorKind::input, "scale = 1, now it is 0.5", [&] { update(other); });
  replace_file(dir_ / "news.jsonl", test::tiny_corpus(2, 60));
  expect_error(ErrorKind::input, "started with corpus =", [&] { update(options("u")); });
}

TEST_F(UpdateTest, BadInputIsToldBeforeAnythingIsWritten) {
  const std::vector<std::string> before = names();
  UpdateOptions o = options("u");
  o.recipe.inputs = {dir_ / "nowhere.jsonl"};
  expect_error(ErrorKind::input, "the corpus does not exist", [&] { update(o); });
  o = options("u");
  o.instruct = dir_ / "tokenizer";
  EXPECT_THROW(update(o), Error);
  o = options("base");
  expect_error(ErrorKind::input, "exists", [&] { update(o); });
  o = options("u");
  o.train.packing.row_tokens = 65;
  expect_error(ErrorKind::usage, "the model's longest sequence 64", [&] { update(o); });
  o = options("u");
  o.instruct = o.base;
  expect_error(ErrorKind::input, "the same weights", [&] { update(o); });
  o = options("u");
  o.scale = std::numeric_limits<double>::quiet_NaN();
  expect_error(ErrorKind::usage, "not a finite number", [&] { update(o); });
  o = options("u");
  o.tasks = {"qq:x.jsonl"};
  EXPECT_THROW(update(o), Error);
  EXPECT_EQ(names(), before);
}

TEST_F(UpdateTest, WeightsThatAreNotFiniteAreToldBeforeTrainingAndNothingIsLeft) {
  const std::vector<std::string> before = names();
  File weights(CheckpointReader(dir_ / "instruct").shards().front(), File::Mode::read_write);
  weights.write_at(weights.size() - 2, std::vector<std::byte>(2, std::byte{0xff}));
  expect_error(ErrorKind::input, "is NaN", [&] { update(options("u")); });
  EXPECT_EQ(names(), before);
}

TEST_F(UpdateTest, RowsAreAsLongAsTheModelCanUnlessAsked) {
  UpdateOptions o = options("u");
  o.train.packing.row_tokens = 0;
  EXPECT_EQ(forecast(o).parameters, parameter_count(read_model_config(dir_ / "base")));
  PackingOptions packing{.row_tokens = 0};
  settle_row_tokens(packing, read_model_config(dir_ / "base"), dir_ / "base");
  EXPECT_EQ(packing.row_tokens, 64);
}

TEST_F(UpdateTest, TheForecastCountsWhatLayersKeep) {
  UpdateOptions o = options("u");
  const ModelConfig config = read_model_config(dir_ / "base");
  const uint64_t tokens = static_cast<uint64_t>(o.train.packing.rows * o.train.packing.row_tokens);
  const auto memory = [&](RecomputeLevel level) {
    o.train.recompute = level;
    return forecast(o).memory_bytes;
  };
  const auto kept = [&](RecomputeLevel level) {
    return tokens * 4 * static_cast<uint64_t>(config.num_layers * kept_elements(config, level));
  };
  const uint64_t none = memory(RecomputeLevel::none);
  for (const RecomputeLevel level : {RecomputeLevel::selective, RecomputeLevel::full})
    EXPECT_EQ(none - memory(level), kept(RecomputeLevel::none) - kept(level)) << recompute_level_name(level);
}

TEST_F(UpdateTest, TheForecastCountsParametersTokensAndSteps) {
  UpdateOptions o = options("u");
  o.train.steps = 0;
  const UpdateForecast f = forecast(o);
  EXPECT_EQ(f.parameters, parameter_count(read_model_config(dir_ / "base")));
  update(o);
  const Json report = read_json(dir_ / "u/report.json");
  EXPECT_NEAR(static_cast<double>(f.tokens), report.at("tokens").at("tokens").get<double>(),
              0.2 * static_cast<double>(f.tokens));
  EXPECT_NEAR(static_cast<double>(f.steps), report.at("cpt").at("steps").get<double>(), 3);
}

}  // namespace evergreen
