// The page of a real update in a browser, with every chart it can have.
#include <gtest/gtest.h>

#include "evergreen/pipeline/update.hpp"
#include "tests/browser/browser.hpp"
#include "tests/pipeline/tiny_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(UpdatePage, ShowsMarksInEveryChartAsksForNothingAndFitsATelephone) {
  const auto chromium = test::find_chromium();
  if (!chromium) GTEST_SKIP() << "no Chromium is installed: apt install chromium";
  const test::TempDir dir;
  test::make_tiny_pair(dir.path());
  replace_file(dir / "news.jsonl", test::tiny_corpus(1, 60));
  replace_file(dir / "old.jsonl", test::tiny_corpus(2, 20));
  test::write_instructions(dir / "tasks.jsonl",
                           "a_word_without_any_place_to_break_it_that_goes_on_and_on_and_on", 4);
  test::write_instructions(dir / "tune.jsonl", "tune", 4);
  UpdateOptions o;
  o.base = dir / "base", o.instruct = dir / "instruct", o.out = dir / "updated";
  o.recipe.inputs = {dir / "news.jsonl"};
  o.replay = {dir / "old.jsonl"}, o.replay_share = 0.2;
  o.old_text = dir / "old.jsonl";
  o.held_out = 0.2;
  o.tasks = {"instructions:" + (dir / "tasks.jsonl").string()};
  o.scale_search = ScaleSearch{{0.5, 1, 1.5}, {"instructions:" + (dir / "tune.jsonl").string()}};
  o.requirements = {"perplexity:new<1", "instructions/prompt_level_acc>=0.5*instruct"};
  o.train.packing = {.row_tokens = 32, .rows = 4, .seed = 7};
  o.train.steps = 6;
  o.train.validate_every = 2;
  const std::string html = update(o).html;
  EXPECT_EQ(html, read_text(dir / "updated/report.html"));
  // Three scores, two of the scale, two losses, three or more maps, the time.
  test::expect_sound_page(*chromium, html, 11, dir.path());
}

}  // namespace evergreen
