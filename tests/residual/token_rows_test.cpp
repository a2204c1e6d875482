#include "evergreen/residual/token_rows.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::pico_checkpoint;
using test::TempDir;

namespace {

constexpr const char* kEmbedding = "model.embed_tokens.weight";

std::vector<double> row_of(const CheckpointReader& reader, const std::string& name, int64_t row) {
  const TensorInfo& tensor = reader.get(name);
  const auto width = static_cast<uint64_t>(tensor.shape.at(1));
  std::vector<std::byte> bytes(width * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8);
  reader.read(tensor, static_cast<uint64_t>(row) * width, width, bytes);
  std::vector<double> values(width);
  decode(tensor.dtype, bytes, values);
  return values;
}

// The weights are multiples of 1/64: sums of three are exact in float32, and these are all within bf16's reach in float64.
std::vector<double> grafted(const std::vector<double>& c, const std::vector<double>& a,
                            const std::vector<double>& b) {
  std::vector<double> sum(c.size());
  for (size_t i = 0; i < c.size(); ++i) sum[i] = c[i] + (a[i] - b[i]);
  return sum;
}

struct Pair {
  TempDir dir;
  fs::path base = pico_checkpoint(dir, "base", {.dtype = Dtype::f32});
  // Two tokens more, and two rows changed places.
  fs::path instruct = pico_checkpoint(dir, "instruct",
                                      {.dtype = Dtype::f32,
                                       .seed = 2,
                                       .vocab_size = 42,
                                       .chat = true,
                                       .tokens = {{3, "t5"}, {5, "t3"}, {40, "<tool>"}, {41, "<end>"}}});
  fs::path new_base = pico_checkpoint(dir, "new", {.dtype = Dtype::f32, .seed = 3});
};

}  // namespace

TEST(TokenRows, AddedTokensAreAnErrorThatSaysWhatCanBeDone) {
  const Pair pair;
  const CheckpointReader base(pair.base), instruct(pair.instruct), new_base(pair.new_base);
  expect_error(ErrorKind::input, "the instruct model has 2 tokens that the base lacks: '<tool>', '<end>'",
               [&] { graft(new_base, base, instruct, pair.dir / "g", {.sync = false}); });
  EXPECT_FALSE(fs::exists(pair.dir / "g.partial"));
}

TEST(TokenRows, RowsAreGraftedByTokenAndAddedOnesAreTheInstructModels) {
  const Pair pair;
  const CheckpointReader base(pair.base), instruct(pair.instruct), new_base(pair.new_base);
  graft(new_base, base, instruct, pair.dir / "g", {.added_tokens = AddedTokens::keep, .sync = false});
  const CheckpointReader g(pair.dir / "g");
  for (const char* name : {kEmbedding, "lm_head.weight"}) {
    ASSERT_EQ(g.get(name).shape[0], 42);
    EXPECT_EQ(row_of(g, name, 7),
              grafted(row_of(new_base, name, 7), row_of(instruct, name, 7), row_of(base, name, 7)));
    EXPECT_EQ(row_of(g, name, 3),
              grafted(row_of(new_base, name, 5), row_of(instruct, name, 3), row_of(base, name, 5)));
    EXPECT_EQ(row_of(g, name, 5),
              grafted(row_of(new_base, name, 3), row_of(instruct, name, 5), row_of(base, name, 3)));
    EXPECT_EQ(row_of(g, name, 40), row_of(instruct, name, 40));
    EXPECT_EQ(row_of(g, name, 41), row_of(instruct, name, 41));
  }
  EXPECT_EQ(read_json(pair.dir / "g/config.json")["vocab_size"], 42);
}

TEST(TokenRows, AddedRowsMayBeZeros) {
  const Pair pair;
  graft(CheckpointReader(pair.new_base), CheckpointReader(pair.base), CheckpointReader(pair.instruct),
        pair.dir / "g", {.added_tokens = AddedTokens::zero, .sync = false});
  const CheckpointReader g(pair.dir / "g");
  EXPECT_EQ(row_of(g, kEmbedding, 41), std::vector<double>(16, 0.0));
}

TEST(TokenRows, AStoredResidualHoldsTheAddedRowsToo) {
  const Pair pair;
  const CheckpointReader base(pair.base), instruct(pair.instruct), new_base(pair.new_base);
  const ResidualOptions keep{.added_tokens = AddedTokens::keep, .sync = false};
  extract(base, instruct, pair.dir / "r", keep);
  apply(new_base, CheckpointReader(pair.dir / "r"), pair.dir / "a", keep);
  graft(new_base, base, instruct, pair.dir / "g", keep);
  const CheckpointReader a(pair.dir / "a"), g(pair.dir / "g");
  for (const TensorInfo& tensor : g.tensors())
    EXPECT_EQ(a.read_all(a.get(tensor.name)), g.read_all(tensor)) << tensor.name;
}

TEST(TokenRows, PaddingRowsThatOnlyTheInstructModelHasNeedNoPolicy) {
  const TempDir dir;
  const fs::path base = pico_checkpoint(dir, "base", {.vocab_size = 40, .padding_rows = 2}),
                 instruct = pico_checkpoint(dir, "instruct",
                                            {.seed = 2, .vocab_size = 44, .chat = true, .padding_rows = 6});
  graft(CheckpointReader(base), CheckpointReader(base), CheckpointReader(instruct), dir / "g",
        {.sync = false});
  const CheckpointReader g(dir / "g"), i(instruct);
  EXPECT_EQ(g.read_all(g.get(kEmbedding)), i.read_all(i.get(kEmbedding)));
}

TEST(TokenRows, WithoutTokenizersOtherNumbersOfRowsAreRefused) {
  const Pair pair;
  fs::remove(pair.base / "tokenizer.json");
  expect_error(ErrorKind::input, "rows can be aligned by their tokens", [&] {
    graft(CheckpointReader(pair.new_base), CheckpointReader(pair.base), CheckpointReader(pair.instruct),
          pair.dir / "g", {.added_tokens = AddedTokens::keep, .sync = false});
  });
}

TEST(TokenRows, ATokenizerWithMoreTokensThanRowsIsRefused) {
  const TempDir dir;
  const fs::path base = pico_checkpoint(dir, "base"),
                 instruct = pico_checkpoint(dir, "instruct", {.seed = 2, .chat = true});
  replace_file(base / "tokenizer.json", R"({"model": {"vocab": {"a": 40}}})");
  expect_error(
      ErrorKind::input, "the tokenizer has 41 tokens, but 'model.embed_tokens.weight' only 40 rows",
      [&] { extract(CheckpointReader(base), CheckpointReader(instruct), dir / "r", {.sync = false}); });
}

TEST(TokenRows, PoliciesHaveNames) {
  EXPECT_EQ(added_tokens_from_name("keep"), AddedTokens::keep);
  expect_error(ErrorKind::usage, "did you mean 'zero'", [] { added_tokens_from_name("zeros"); });
}

}  // namespace evergreen
