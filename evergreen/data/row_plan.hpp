// Which parts of which documents of one store make a row.
//
// Every epoch has its own random order of the documents (RandomStream(seed, "data.order", epoch)).
//   concatenate   documents back to back, cut into rows of exactly `row_tokens`; what is left of a cut document opens the next
//                 row as a segment of its own. Nothing is lost, most long documents are cut.
//   best_fit      documents are cut only where they are longer than a row; rows are filled best fit decreasing (Ding et
//                 al. 2024, "Fewer truncations improve language modeling", arXiv 2404.10830), over windows of 65,536
//                 documents of the order, whose rows come in a random order then. Rows are nearly full.
//   whole         documents are never cut: a row takes documents in order while they fit; of longer ones the first `row_tokens`
//                 are taken. For chat examples.
// Memory    4 bytes a document, 8 more when concatenating; best fit: a window's rows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/data/token_store.hpp"

namespace evergreen {

enum class PackingMethod { concatenate, best_fit, whole };
const char* packing_name(PackingMethod method);  // "best-fit"
PackingMethod packing_from_name(
    const std::string& name);  // of raw text: Error{usage} but for concatenate and best-fit

struct PackingOptions {
  int64_t row_tokens = 2048;
  int64_t rows = 8;  // a step
  PackingMethod method = PackingMethod::concatenate;
  uint64_t seed = 0;
};

struct RowPiece {
  int64_t document = 0, first = 0, length = 0;
};

class RowPlan {
 public:
  RowPlan(const TokenStore& store, const PackingOptions& options);

  std::vector<RowPiece> row(int64_t row);  // counted over all epochs
  int64_t rows_of_first_epoch() const { return rows_of_first_epoch_; }

 private:
  void load_epoch(int64_t epoch);
  void load_epoch_of(int64_t row);  // for methods whose epochs differ in their number of rows
  void find_whole_rows();
  void find_windows();
  std::vector<std::vector<RowPiece>> pack_window(size_t window) const;
  std::vector<RowPiece> concatenated_row(int64_t row);
  std::vector<RowPiece> whole_row(size_t row) const;
  const std::vector<RowPiece>& best_fit_row(int64_t row);

  const TokenStore& store_;
  PackingOptions options_;
  int64_t rows_of_first_epoch_ = 0;
  int64_t epoch_ = -1;
  int64_t first_row_ = 0, epoch_rows_ = 0;  // of this epoch, but for concatenate
  std::vector<uint32_t> order_;             // of this epoch
  std::vector<int64_t>
      starts_;  // concatenate: tokens before each document, in that order; one more at the end
  std::vector<int64_t> row_starts_;   // whole: the first document (in order) of each row of this epoch
  std::vector<int64_t> window_rows_;  // best fit: rows before each window; one more at the end
  size_t window_ = SIZE_MAX;          // whose rows are packed
  std::vector<std::vector<RowPiece>> packed_;
};

}  // namespace evergreen
