#include "evergreen/data/packing.hpp"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::TempDir;

namespace {
// Document d holds the tokens 100 d, 100 d + 1, ...: position and document can be read off each token.
class PackingTest : public testing::Test {
 protected:
  const TokenStore& store(const std::vector<int>& lengths) {
    TokenStoreWriter writer(dir_ / "s.tok", 100000);
    for (size_t d = 0; d < lengths.size(); ++d) {
      std::vector<uint32_t> tokens;
      for (int i = 0; i < lengths[d]; ++i)
        tokens.push_back(static_cast<uint32_t>(100 * d) + static_cast<uint32_t>(i));
      writer.add(tokens);
    }
    writer.finish();
    store_.emplace(dir_ / "s.tok");
    return *store_;
  }
  TempDir dir_;
  std::optional<TokenStore> store_;
};

void expect_segments_are_documents(const PackedTokens& packed) {
  ASSERT_EQ(packed.cu_seqlens.back(), static_cast<int64_t>(packed.tokens.size()));
  for (size_t s = 0; s + 1 < packed.cu_seqlens.size(); ++s) {
    for (int64_t i = packed.cu_seqlens[s]; i + 1 < packed.cu_seqlens[s + 1]; ++i) {
      EXPECT_EQ(packed.tokens[i + 1], packed.tokens[i] + 1);
      EXPECT_EQ(packed.targets[i], packed.tokens[i] + 1);
    }
  }
}
}  // namespace

TEST_F(PackingTest, StreamRowsAreFullAndAnEpochHoldsEveryTokenOnce) {
  Packer packer(store({7, 50, 3, 1, 29}), {.row_tokens = 10, .rows = 3, .seed = 1});
  EXPECT_EQ(packer.steps_per_epoch(), 3);
  std::map<int64_t, int> seen;
  for (int64_t step = 0; step < 3; ++step) {
    const PackedTokens packed = packer.rows(step, 0, 3);
    EXPECT_EQ(packed.tokens.size(), 30U);
    expect_segments_are_documents(packed);
    for (const int64_t token : packed.tokens) ++seen[token];
  }
  EXPECT_EQ(seen.size(), 90U);
  for (const auto& [token, count] : seen) EXPECT_EQ(count, 1) << token;
}

TEST_F(PackingTest, TheTargetOfACutIsTheNextTokenAndDocumentsEndWithoutOne) {
  Packer packer(store({25}), {.row_tokens = 10, .rows = 1});
  EXPECT_EQ(packer.rows(0, 0, 1).targets.back(), 10);
  const PackedTokens last = packer.rows(2, 0, 1);  // 5 tokens of this epoch, 5 of the next
  EXPECT_EQ(last.targets[4], kNoTarget);
  EXPECT_EQ(last.targets[5], 1);
  EXPECT_EQ(last.target_count, 9);
}

TEST_F(PackingTest, AStepIsAFunctionOfItsNumberNotOfWhatWasAskedBefore) {
  const TokenStore& documents = store({7, 50, 3, 1, 29});
  for (const PackingMethod method :
       {PackingMethod::concatenate, PackingMethod::best_fit, PackingMethod::whole}) {
    const PackingOptions options{.row_tokens = 60, .rows = 2, .method = method, .seed = 4};
    Packer in_order(documents, options), jumping(documents, options);
    std::vector<std::vector<int64_t>> steps;
    for (int64_t step = 0; step < 8; ++step) steps.push_back(in_order.rows(step, 0, 2).tokens);
    for (const int64_t step : {7, 0, 3, 2, 6})
      EXPECT_EQ(jumping.rows(step, 0, 2).tokens, steps[step]) << step;
    std::vector<int64_t> parts = jumping.rows(5, 0, 1).tokens;
    const std::vector<int64_t> second = jumping.rows(5, 1, 1).tokens;
    parts.insert(parts.end(), second.begin(), second.end());
    EXPECT_EQ(parts, steps[5]);
  }
}

TEST_F(PackingTest, WholeDocumentsAreNotCutAndEveryEpochHoldsEachOnce) {
  Packer packer(store({7, 50, 3, 1, 29}),
                {.row_tokens = 60, .rows = 1, .method = PackingMethod::whole, .seed = 2});
  std::multiset<int64_t> firsts;
  for (int64_t row = 0; row < packer.steps_per_epoch(); ++row) {
    const PackedTokens packed = packer.rows(row, 0, 1);
    expect_segments_are_documents(packed);
    EXPECT_LE(packed.tokens.size(), 60U);
    for (size_t s = 0; s + 1 < packed.cu_seqlens.size(); ++s)
      firsts.insert(packed.tokens[packed.cu_seqlens[s]]);
  }
  EXPECT_EQ(firsts, (std::multiset<int64_t>{0, 100, 200, 300, 400}));
}

TEST_F(PackingTest, BestFitCutsOnlyWhatIsLongerThanARow) {
  Packer packer(store({7, 50, 3, 1, 29, 25}),
                {.row_tokens = 20, .rows = 1, .method = PackingMethod::best_fit});
  EXPECT_EQ(packer.steps_per_epoch(), 6);  // 115 tokens
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    std::map<int64_t, int> seen;
    std::multiset<int64_t> lengths;
    for (int64_t row = 0; row < 6; ++row) {
      const PackedTokens packed = packer.rows(6 * epoch + row, 0, 1);
      expect_segments_are_documents(packed);
      EXPECT_LE(packed.tokens.size(), 20U);
      for (const int64_t token : packed.tokens) ++seen[token];
      for (size_t s = 0; s + 1 < packed.cu_seqlens.size(); ++s)
        lengths.insert(packed.cu_seqlens[s + 1] - packed.cu_seqlens[s]);
    }
    EXPECT_EQ(seen.size(), 115U);
    EXPECT_EQ(lengths, (std::multiset<int64_t>{7, 20, 20, 10, 3, 1, 20, 9, 20, 5}));
  }
}

TEST_F(PackingTest, RowsComeFromTheStoresByWeight) {
  const auto make = [&](const char* name, uint32_t first) {
    TokenStoreWriter writer(dir_ / name, 100000);
    for (uint32_t d = 0; d < 20; ++d) writer.add(std::vector<uint32_t>(8, first + d));
    writer.finish();
    return TokenStore(dir_ / name);
  };
  const TokenStore news = make("news", 0), replay = make("replay", 1000);
  const PackingOptions options{.row_tokens = 8, .rows = 4, .method = PackingMethod::whole, .seed = 3};
  Packer packer({{&news, 3, "news"}, {&replay, 1, "replay"}}, options);
  EXPECT_EQ(packer.steps_per_epoch(), 7);  // 20 rows of news at 3 of 4
  int64_t old = 0;
  std::map<int64_t, int> seen;
  std::vector<std::vector<int64_t>> steps;
  for (int64_t step = 0; step < 1024; ++step) {
    steps.push_back(packer.rows(step, 0, 4).tokens);
    for (size_t i = 0; i < steps.back().size(); i += 8) {
      old += steps.back()[i] >= 1000 ? 1 : 0;
      ++seen[steps.back()[i]];
    }
  }
  EXPECT_EQ(old, 1024);  // exactly a quarter of 4096 rows
  for (const auto& [token, count] : seen) EXPECT_NEAR(count, token >= 1000 ? 51.2 : 153.6, 1) << token;
  Packer other({{&news, 3, "news"}, {&replay, 1, "replay"}}, options);
  for (const int64_t step : {700, 3, 1000}) {  // from the middle, by a rank that has half of the rows
    std::vector<int64_t> parts = other.rows(step, 0, 2).tokens;
    const std::vector<int64_t> second = other.rows(step, 2, 2).tokens;
    parts.insert(parts.end(), second.begin(), second.end());
    EXPECT_EQ(parts, steps[static_cast<size_t>(step)]);
  }
}

TEST_F(PackingTest, ContextOnlyTokensAreNoTargets) {
  TokenStoreWriter writer(dir_ / "s.tok", 10);
  const std::vector<uint32_t> tokens = {1 | kContextOnly, 2 | kContextOnly, 3, 4};
  writer.add(tokens);
  writer.finish();
  const TokenStore masked(dir_ / "s.tok");
  Packer packer(masked, {.row_tokens = 8, .rows = 1, .method = PackingMethod::whole});
  const PackedTokens packed = packer.rows(0, 0, 1);
  EXPECT_EQ(packed.tokens, (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(packed.targets, (std::vector<int64_t>{kNoTarget, 3, 4, kNoTarget}));
  EXPECT_EQ(packed.target_count, 2);
}

TEST_F(PackingTest, NothingToLearnIsAnError) {
  const TokenStore& single = store({1, 1});
  test::expect_error(ErrorKind::input, "nothing to train on", [&] { Packer(single, {}); });
}

}  // namespace evergreen
