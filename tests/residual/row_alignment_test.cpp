#include "evergreen/residual/row_alignment.hpp"

#include <gtest/gtest.h>

namespace evergreen {
namespace {

constexpr int64_t kNone = RowAlignment::kNoRow;

}  // namespace

TEST(RowAlignment, RowsFollowTheirTokensWhereverTheyAre) {
  const AlignedRows aligned = align_rows({"a", "b", "c"}, {"c", "a", "b", "new"});
  EXPECT_EQ(aligned.rows, (std::vector<int64_t>{2, 0, 1, kNone}));
  EXPECT_EQ(aligned.added, std::vector<std::string>{"new"});
  EXPECT_FALSE(aligned.by_position());
}

TEST(RowAlignment, AReservedTokenThatGotANameIsTheSameRow) {
  const AlignedRows aligned =
      align_rows({"a", "<reserved_0>", "<reserved_1>"}, {"a", "<tool>", "<reserved_1>"});
  EXPECT_TRUE(aligned.by_position());
  EXPECT_TRUE(aligned.added.empty());
  ASSERT_EQ(aligned.renamed.size(), 1U);
  EXPECT_EQ(aligned.renamed[0], "row 1: '<reserved_0>' is '<tool>'");
}

TEST(RowAlignment, ATokenIsNotTakenForAnotherThatIsElsewhere) {
  const AlignedRows aligned = align_rows({"a", "b"}, {"b", "x"});
  EXPECT_EQ(aligned.rows, (std::vector<int64_t>{1, kNone})) << "b moved, so x is not b under another name";
  EXPECT_EQ(aligned.dropped, std::vector<std::string>{"a"});
}

TEST(RowAlignment, PaddingBelongsTogetherByPosition) {
  const AlignedRows same = align_rows({"a", "b", "", ""}, {"a", "b", "", ""});
  EXPECT_TRUE(same.by_position());
  const AlignedRows used = align_rows({"a", "", ""}, {"a", "new", "", ""});
  EXPECT_EQ(used.rows, (std::vector<int64_t>{0, kNone, 2, kNone})) << "padding is no row of a token";
  EXPECT_EQ(used.added, std::vector<std::string>{"new"});
}

TEST(RowAlignment, EmbeddingsAndOutputLayersAreKnownByName) {
  for (const char* name : {"model.embed_tokens.weight", "lm_head.weight", "transformer.wte.weight"}) {
    EXPECT_TRUE(has_token_rows(name)) << name;
  }
  for (const char* name : {"model.norm.weight", "model.layers.0.mlp.up_proj.weight", "my_lm_head.weight"}) {
    EXPECT_FALSE(has_token_rows(name)) << name;
  }
}

}  // namespace evergreen
