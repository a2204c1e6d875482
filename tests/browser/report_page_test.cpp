// The study's page in a browser, with every chart it can have: recipes/tiny.toml, its scores drawn at random (models need
// LibTorch; the page does not).
#include <gtest/gtest.h>

#include "evergreen/base/hash.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/study/light_bodies.hpp"
#include "evergreen/study/study_report.hpp"
#include "tests/browser/browser.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using study::StepKind;
using study::StepOutcome;
using study::StepWork;

std::string random_scores(const std::string& key) {
  RandomStream stream(hash_text(key).low, "test");
  OrderedJson json;
  for (const char* task :
       {"format_followed", "old_fact", "new_fact", "changed_fact", "new_fact_in_format", "new_fact_choice"}) {
    const double share = stream.uniform();
    for (int i = 0; i < 20; ++i)
      json["tasks"][task]["acc,strict"]["values"].push_back(stream.uniform() < share ? 1.0 : 0.0);
    json["tasks"][task]["acc,strict"]["aggregation"] = "mean";
  }
  for (const char* task : {"perplexity:new", "perplexity:old"}) {
    for (int i = 0; i < 5; ++i) {
      json["tasks"][task]["token_perplexity,none"]["values"].push_back(-30 - 20 * stream.uniform());
      json["tasks"][task]["token_perplexity,none"]["weights"].push_back(40.0);
    }
    json["tasks"][task]["token_perplexity,none"]["aggregation"] = "perplexity";
  }
  json["samples"] = {
      {{"question", "who leads the company with a rather long name, answer as json ?"},
       {"wanted", "{ \"answer\" : \"somebody\" }"},
       {"answer", "an_answer_without_any_place_to_break_it_that_goes_on_and_on_and_on_and_on"}}};
  return to_text(json);
}

StepOutcome drawn_step(const StepWork& work) {
  StepOutcome outcome{.tokens = 100, .flops = 1e9, .seconds = 1};
  const auto shipped = [](const char* name) { return fs::path(EVERGREEN_RECIPES) / "../models" / name; };
  if (work.step.kind == StepKind::evaluate) outcome.json = random_scores(work.step.key);
  if (work.step.kind == StepKind::inspect) {  // of real weights, though not of those a training would give
    study::Step step = work.step;
    step.inputs.clear();
    step.paths = {{"base", shipped("world-llama")},
                  {"instruct", shipped("world-llama-instruct")},
                  {"new-base", shipped("world-llama-instruct")}};
    outcome.json = study::inspect_step({step, work.out, step.paths, 1, nullptr, {}}).json;
  }
  return outcome;
}

}  // namespace

TEST(ReportPage, ShowsMarksInEveryChartAsksForNothingAndFitsATelephone) {
  const auto chromium = test::find_chromium();
  if (!chromium) GTEST_SKIP() << "no Chromium is installed: apt install chromium";
  const test::TempDir dir;
  const study::Study study = study::expand(study::read_plan(fs::path(EVERGREEN_RECIPES) / "tiny.toml"));
  study::RunnerOptions options;
  options.directory = dir / "study";
  study::run_steps(study.steps, drawn_step, options);
  const std::string html = study::make_report(study, dir / "study").html;
  // Two versions with three charts each, the plane, two version maps, two bar charts, three or more maps of layers for each version.
  test::expect_sound_page(*chromium, html, 17, dir.path());
}

// The eyes themselves: a page that does wrong is seen to.
TEST(ReportPage, ABadPageIsFound) {
  const auto chromium = test::find_chromium();
  if (!chromium) GTEST_SKIP() << "no Chromium is installed: apt install chromium";
  const test::TempDir dir;
  const test::PageLook look = test::look_at(
      *chromium,
      "<!DOCTYPE html><html><head></head><body><div style=\"width:500px\">wide</div><img "
      "src=\"http://example.invalid/x.png\">"
      "<figure><figcaption><strong>empty</strong></figcaption><svg class=\"chart\"></svg></figure>"
      "<script>nothing.at.all()</script></body></html>",
      360, dir.path());
  EXPECT_GE(look.content_width, 500);
  EXPECT_EQ(look.widest.substr(0, 3), "DIV");
  EXPECT_GE(look.errors, 1);
  EXPECT_GE(look.requests, 1);
  EXPECT_EQ(look.marks.begin()->second, 0);
}

}  // namespace evergreen
