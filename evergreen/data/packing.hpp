// What a training step sees, as a function of (store, seed, step) alone.
//
// Every epoch has its own random order of the documents (RandomStream(seed, "data.order", epoch)).
//   stream     documents back to back, cut into rows of `row_tokens`; what is left of a cut document opens the next row as a
//              segment of its own. For raw text.
//   whole      documents are never cut: a row takes documents while they fit; longer ones are cut at `row_tokens`. For
//              chat examples.
// Nothing is padded. A segment is one document's part in one row; attention does not leave it. The target of
// a token is the next token of its document (also across a cut), the last token of a document has none.
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/data/token_store.hpp"

namespace evergreen {

inline constexpr int64_t kNoTarget = -100;  // kIgnoredTarget of the loss

struct PackingOptions {
  int64_t row_tokens = 2048;
  int64_t rows = 8;  // a step
  bool whole_documents = false;
  uint64_t seed = 0;
};

struct PackedTokens {
  std::vector<int64_t> tokens, targets;   // [N]
  std::vector<int64_t> cu_seqlens = {0};  // segments + 1
  int64_t target_count = 0;
};

// Appends the first `max_length` tokens of a document to `out` as one segment.
void append_document(const TokenStore& store, int64_t document, int64_t max_length, PackedTokens& out);

class Packer {
 public:
  // Error{input} if the store has no token that can be a target.
  Packer(const TokenStore& store, const PackingOptions& options);

  // Rows [first_row, first_row + rows) of a step, back to back. Not thread-safe: the order of the last epoch is kept.
  PackedTokens rows(int64_t step, int64_t first_row, int64_t rows);
  int64_t steps_per_epoch() const { return steps_per_epoch_; }  // rounded up; of the first epoch

 private:
  struct Piece {
    int64_t document, first, length;
  };
  void load_epoch(int64_t epoch);
  std::vector<Piece> stream_row(int64_t global_row);
  std::vector<Piece> whole_row(int64_t global_row);

  const TokenStore& store_;
  PackingOptions options_;
  int64_t steps_per_epoch_ = 0;
  int64_t epoch_ = -1;
  std::vector<uint32_t> order_;  // of this epoch
  std::vector<int64_t> starts_;  // tokens before each document, in that order; one more at the end
  std::vector<int64_t>
      row_starts_;  // whole documents: the first document (in order) of each row of this epoch
  int64_t first_row_of_epoch_ = 0;  // whole documents: global row at which this epoch begins
};

}  // namespace evergreen
