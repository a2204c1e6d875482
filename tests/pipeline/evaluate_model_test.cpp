#include "evergreen/pipeline/evaluate_model.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/pipeline/tiny_pair.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

TEST(EvaluateModel, ComputesWhereAndInWhatItIsAskedToAndSaysSo) {
  const test::TempDir dir;
  test::make_tiny_pair(dir.path());
  replace_file(dir / "held.jsonl", test::tiny_corpus(5, 4));
  const auto scores = [&](const ModelPlace& place) {
    const std::string json = evaluate_model(
        dir / "base", "base", {.held_out = dir / "held.jsonl", .old_text = {}, .tasks = {}, .place = place},
        nullptr, {});
    return parse_json(json, "evaluation")["scores"];
  };
  const Json wide = scores({}), narrow = scores({{at::kCPU}, at::kBFloat16});
  EXPECT_EQ(wide["config"]["weights"], "float32");
  EXPECT_EQ(narrow["config"]["weights"], "bfloat16");
  const auto perplexity = [](const Json& s) {
    return s["results"][kNewText]["byte_perplexity,none"].get<double>();
  };
  EXPECT_NE(perplexity(wide), perplexity(narrow));
  EXPECT_NEAR(perplexity(narrow) / perplexity(wide), 1, 0.01);
}

}  // namespace
}  // namespace evergreen
