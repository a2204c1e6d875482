// Which store each row of training comes from, by weight: `news:0.95 replay:0.05`.
//
// Rows come in blocks of 4096. In each block every store has the same number of rows, its share rounded (largest remainder),
// in a random order of the block's own: so weights hold exactly, not on average, and how many rows of a store came before
// row r needs no history.
// Errors    Error{usage} for a weight that is not above 0, or that is less than half a row of a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evergreen {

struct MixedRow {
  size_t source = 0;
  int64_t row = 0;  // number among the rows of that source
};

class MixOrder {
 public:
  static constexpr int64_t kBlockRows = 4096;

  MixOrder(const std::vector<double>& weights, uint64_t seed);
  MixedRow at(int64_t row);
  double share(size_t source) const;  // as rounded

 private:
  void load_block(int64_t block);

  uint64_t seed_;
  std::vector<int64_t> rows_;  // of each source in a block
  int64_t block_ = -1;
  std::vector<MixedRow> order_;  // of the block at hand, rows counted within it
};

}  // namespace evergreen
