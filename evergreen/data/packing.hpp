// What a training step sees, as a function of (stores, weights, seed, step) alone: any row of any step can be asked for at any time,
// so a run goes on after a kill, and ranks share a step by rows, without a word about what was seen before.
//
//   mix        every row comes from one of several stores, by weight                        (mix_order.hpp)
//   order      every epoch of a store has its own random order of the documents
//   packing    how documents become rows: concatenated, best fit, whole                     (row_plan.hpp)
// Nothing is padded. A segment is one document's part in one row; attention does not leave it (cu_seqlens). The target of
// a token is the next token of its document (also across a cut), the last token of a document has none.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/data/mix_order.hpp"
#include "evergreen/data/row_plan.hpp"

namespace evergreen {

inline constexpr int64_t kNoTarget = -100;  // kIgnoredTarget of the loss

struct PackedTokens {
  std::vector<int64_t> tokens, targets;   // [N]
  std::vector<int64_t> cu_seqlens = {0};  // segments + 1
  int64_t target_count = 0;
};

// One of the stores of a mix; a single store is a mix of one.
struct TokenSource {
  const TokenStore* store = nullptr;
  double weight = 1;  // share of the rows, against the sum of all weights
  std::string name = {};
};
using TokenSources = std::vector<TokenSource>;

// Appends the first `max_length` tokens of a document to `out` as one segment.
void append_document(const TokenStore& store, int64_t document, int64_t max_length, PackedTokens& out);

class Packer {
 public:
  // Error{input} if a store has no token that can be a target; Error{usage} for weights (mix_order.hpp).
  Packer(TokenSources sources, const PackingOptions& options);
  Packer(const TokenStore& store, const PackingOptions& options) : Packer(TokenSources{{&store}}, options) {}

  // Rows [first_row, first_row + rows) of a step, back to back. Not thread-safe: the order of the last epoch is kept.
  PackedTokens rows(int64_t step, int64_t first_row, int64_t rows);
  // Steps until the first store was seen once, rounded up; others are seen as often as their weights ask for.
  int64_t steps_per_epoch() const { return steps_per_epoch_; }

 private:
  TokenSources sources_;
  PackingOptions options_;
  std::optional<MixOrder> mix_;  // of several stores
  std::deque<RowPlan> plans_;    // one for each store
  int64_t steps_per_epoch_ = 0;
};

}  // namespace evergreen
