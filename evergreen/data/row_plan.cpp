#include "evergreen/data/row_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/data/best_fit.hpp"

namespace evergreen {
namespace {

constexpr size_t kWindowDocuments = size_t{1} << 16;

}  // namespace

const char* packing_name(PackingMethod method) {
  switch (method) {
    case PackingMethod::concatenate:
      return "concatenate";
    case PackingMethod::best_fit:
      return "best-fit";
    case PackingMethod::whole:
      return "whole";
  }
  return "";
}

PackingMethod packing_from_name(const std::string& name) {
  for (const PackingMethod method : {PackingMethod::concatenate, PackingMethod::best_fit}) {
    if (name == packing_name(method)) return method;
  }
  throw Error(ErrorKind::usage, fmt::format("there is no way '{}' to pack documents", name), "--packing",
              suggest_name(name, {"concatenate", "best-fit"}));
}

RowPlan::RowPlan(const TokenStore& store, const PackingOptions& options) : store_(store), options_(options) {
  load_epoch(0);
  rows_of_first_epoch_ = options.method == PackingMethod::concatenate
                             ? (store.tokens() + options.row_tokens - 1) / options.row_tokens
                             : epoch_rows_;
}

void RowPlan::load_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  const auto count = static_cast<uint32_t>(store_.documents());
  order_ = random_permutation(count, RandomStream(options_.seed, "data.order", static_cast<uint64_t>(epoch)));
  epoch_ = epoch;
  window_ = SIZE_MAX;
  switch (options_.method) {
    case PackingMethod::concatenate:
      starts_.assign(1, 0);
      for (const uint32_t document : order_) starts_.push_back(starts_.back() + store_.length(document));
      break;
    case PackingMethod::best_fit:
      find_windows();
      break;
    case PackingMethod::whole:
      find_whole_rows();
      break;
  }
}

// Where an epoch begins depends on all before it.
void RowPlan::load_epoch_of(int64_t row) {
  if (row < first_row_) {
    first_row_ = 0;
    load_epoch(0);
  }
  while (row >= first_row_ + epoch_rows_) {
    first_row_ += epoch_rows_;
    load_epoch(epoch_ + 1);
  }
}

std::vector<RowPiece> RowPlan::row(int64_t row) {
  if (options_.method == PackingMethod::concatenate) return concatenated_row(row);
  load_epoch_of(row);
  const int64_t within = row - first_row_;
  return options_.method == PackingMethod::whole ? whole_row(static_cast<size_t>(within))
                                                 : best_fit_row(within);
}

std::vector<RowPiece> RowPlan::concatenated_row(int64_t row) {
  std::vector<RowPiece> pieces;
  const int64_t epoch_tokens = store_.tokens();
  int64_t at = row * options_.row_tokens, left = options_.row_tokens;
  while (left > 0) {
    load_epoch(at / epoch_tokens);
    const int64_t within = at % epoch_tokens;
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), within);
    const auto index = static_cast<size_t>(next - starts_.begin()) - 1;
    const int64_t first = within - starts_[index], length = std::min(left, starts_[index + 1] - within);
    pieces.push_back({order_[index], first, length});
    at += length;
    left -= length;
  }
  return pieces;
}

void RowPlan::find_whole_rows() {
  row_starts_.clear();
  int64_t free = 0;
  for (size_t i = 0; i < order_.size(); ++i) {
    const int64_t length = std::min(store_.length(order_[i]), options_.row_tokens);
    if (row_starts_.empty() || length > free) {
      row_starts_.push_back(static_cast<int64_t>(i));
      free = options_.row_tokens;
    }
    free -= length;
  }
  epoch_rows_ = static_cast<int64_t>(row_starts_.size());
}

std::vector<RowPiece> RowPlan::whole_row(size_t row) const {
  const auto begin = static_cast<size_t>(row_starts_[row]);
  const size_t end = row + 1 < row_starts_.size() ? static_cast<size_t>(row_starts_[row + 1]) : order_.size();
  std::vector<RowPiece> pieces;
  for (size_t i = begin; i < end; ++i)
    pieces.push_back({order_[i], 0, std::min(store_.length(order_[i]), options_.row_tokens)});
  return pieces;
}

void RowPlan::find_windows() {
  window_rows_.assign(1, 0);
  for (size_t window = 0; window * kWindowDocuments < order_.size(); ++window)
    window_rows_.push_back(window_rows_.back() + static_cast<int64_t>(pack_window(window).size()));
  epoch_rows_ = window_rows_.back();
}

std::vector<std::vector<RowPiece>> RowPlan::pack_window(size_t window) const {
  const size_t begin = window * kWindowDocuments, end = std::min(order_.size(), begin + kWindowDocuments);
  std::vector<RowPiece> pieces;
  std::vector<int64_t> lengths;
  for (size_t i = begin; i < end; ++i) {
    const int64_t total = store_.length(order_[i]);
    for (int64_t first = 0; first < total; first += options_.row_tokens) {
      pieces.push_back({order_[i], first, std::min(options_.row_tokens, total - first)});
      lengths.push_back(pieces.back().length);
    }
  }
  std::vector<std::vector<RowPiece>> rows;
  for (const std::vector<uint32_t>& bin : best_fit_decreasing(lengths, options_.row_tokens)) {
    std::vector<RowPiece>& row = rows.emplace_back();
    for (const uint32_t piece : bin) row.push_back(pieces[piece]);
  }
  return rows;
}

const std::vector<RowPiece>& RowPlan::best_fit_row(int64_t row) {
  const auto next = std::upper_bound(window_rows_.begin(), window_rows_.end(), row);
  const auto window = static_cast<size_t>(next - window_rows_.begin()) - 1;
  if (window != window_) {
    std::vector<std::vector<RowPiece>> rows = pack_window(window);
    // The fullest rows come first out of the packing.
    const uint64_t element = static_cast<uint64_t>(epoch_) << 32 | window;
    packed_.clear();
    for (const uint32_t i : random_permutation(static_cast<uint32_t>(rows.size()),
                                               RandomStream(options_.seed, "data.rows", element)))
      packed_.push_back(std::move(rows[i]));
    window_ = window;
  }
  return packed_[static_cast<size_t>(row - window_rows_[window])];
}

}  // namespace evergreen
