#include "evergreen/pipeline/scale_search.hpp"

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "evergreen/eval/json_lines.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::expect_error;
using test::TempDir;

std::string prompt_line(const std::string& prompt) {
  return "{\"prompt\": \"" + prompt + "\", \"checks\": [{\"check\": \"lowercase\"}]}\n";
}

std::multiset<std::string> texts(const fs::path& file) {
  std::multiset<std::string> all;
  for (const JsonLine& line : read_json_lines(file))
    all.insert(json_get<std::string>(line.value, "text", "test"));
  return all;
}

}  // namespace

TEST(ScaleSearch, APromptOfTheReportIsRefusedWithBothPlaces) {
  const TempDir dir;
  replace_file(dir / "tune.jsonl", prompt_line("say a") + prompt_line("say b"));
  replace_file(dir / "report.jsonl", prompt_line("say c") + prompt_line("say b"));
  replace_file(dir / "other.jsonl", prompt_line("say c") + prompt_line("say d"));
  const ScaleSearch search{{1.0}, {"instructions:" + (dir / "tune.jsonl").string()}};
  expect_error(ErrorKind::input, "instructions:tune, item 2 and instructions:report, item 2",
               [&] { check_scale_search(search, {"instructions:" + (dir / "report.jsonl").string()}); });
  const SearchTasks tasks = check_scale_search(search, {"instructions:" + (dir / "other.jsonl").string()});
  ASSERT_EQ(tasks.scores.size(), 1U);
  EXPECT_EQ(tasks.scores[0], (ScoreName{"instructions:tune", "prompt_level_acc,none"}));
  replace_file(dir / "tune.jsonl", prompt_line("say a") + prompt_line("say B"));
  EXPECT_NE(check_scale_search(search, {}).identity, tasks.identity);
}

TEST(ScaleSearch, WhatCannotMeasureInstructionsIsRefused) {
  const TempDir dir;
  replace_file(dir / "text.jsonl", "{\"text\": \"a b\"}\n");
  replace_file(dir / "one.jsonl", prompt_line("say a"));
  expect_error(ErrorKind::usage, "no prompts to measure on", [] { check_scale_search({}, {}); });
  expect_error(ErrorKind::usage, "does not measure how prompts are followed", [&] {
    check_scale_search({{1.0}, {"perplexity:" + (dir / "text.jsonl").string()}}, {});
  });
  expect_error(ErrorKind::input, "one prompt", [&] {
    check_scale_search({{1.0}, {"instructions:" + (dir / "one.jsonl").string()}}, {});
  });
  expect_error(ErrorKind::usage, "grid", [&] { check_scale_search({{}, {"x"}}, {}); });
}

TEST(ScaleSearch, HeldOutTextsAreDividedAndEqualOnesStayTogether) {
  const TempDir dir;
  std::string lines;
  for (int i = 0; i < 9; ++i) lines += "{\"text\": \"text " + std::to_string(i / 2) + "\"}\n";  // 5 distinct
  replace_file(dir / "held_out.jsonl", lines);
  divide_held_out(dir / "held_out.jsonl", dir / "d/search.jsonl", dir / "d/report.jsonl");
  const auto search = texts(dir / "d/search.jsonl"), report = texts(dir / "d/report.jsonl");
  EXPECT_EQ(search.size() + report.size(), 9U);
  EXPECT_EQ(std::set<std::string>(search.begin(), search.end()).size(), 2U);
  for (const std::string& text : search) EXPECT_FALSE(report.contains(text)) << text;
  replace_file(dir / "held_out.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\"}\n");
  expect_error(ErrorKind::input, "two different held-out documents, there are 1", [&] {
    divide_held_out(dir / "held_out.jsonl", dir / "d/search.jsonl", dir / "d/report.jsonl");
  });
}

TEST(ScaleSearch, APointIsTheMeanOfTheTasksWithItsStandardErrorAndThePerplexity) {
  const std::string evaluation = R"({"items": {
    "instructions:a": {"prompt_level_acc,none": {"aggregation": "mean", "higher_is_better": true, "values": [1, 1, 0, 0]}},
    "qa:b": {"exact_match,strict": {"aggregation": "mean", "higher_is_better": true, "values": [1, 1]}},
    "perplexity:new": {"token_perplexity,none": {"aggregation": "perplexity", "higher_is_better": false,
                       "values": [-4, -8], "weights": [2, 4]}}}})";
  const SearchTasks tasks{{{"instructions:a", "prompt_level_acc,none"}, {"qa:b", "exact_match,strict"}}, ""};
  const ScalePoint point = scale_point(0.7, evaluation, tasks);
  EXPECT_EQ(point.scale, 0.7);
  EXPECT_DOUBLE_EQ(point.score, 0.75);
  EXPECT_NEAR(point.score_error, std::sqrt(1.0 / 3 / 4) / 2,
              1e-12);  // of 1, 1, 0, 0: s / sqrt(n); of 1, 1: 0
  EXPECT_DOUBLE_EQ(point.perplexity, std::exp(2));
}

}  // namespace evergreen
