#include "evergreen/adapter/product_stream.hpp"

#include <algorithm>
#include <utility>

namespace evergreen {
namespace {

constexpr uint64_t kElements = uint64_t{1} << 17;  // at hand: 1 MiB
constexpr uint64_t kLeastRows = 8;                 // fewer, and a product with them waits for memory

}  // namespace

std::span<const double> ProductStream::read(uint64_t count) {
  const auto width = static_cast<uint64_t>(factors_.right.cols());
  const uint64_t all_rows = static_cast<uint64_t>(factors_.left.rows());
  elements_.clear();
  while (elements_.size() < count) {
    if (next_ < first_ || next_ >= first_ + rows_.size()) {
      const uint64_t row = next_ / width;
      compute_rows(row, std::min(all_rows - row, std::max(kLeastRows, kElements / width)));
    }
    const uint64_t begin = next_ - first_;
    const uint64_t some = std::min<uint64_t>(count - elements_.size(), rows_.size() - begin);
    next_ += some;
    const auto at_hand = std::span(rows_).subspan(begin, some);
    if (some == count) return at_hand;
    elements_.insert(elements_.end(), at_hand.begin(), at_hand.end());
  }
  return elements_;
}

void ProductStream::compute_rows(uint64_t first_row, uint64_t rows) {
  const int64_t width = factors_.right.cols();
  ConstMatrixView left = std::as_const(factors_.left).view();
  left.data = left.row(static_cast<int64_t>(first_row));
  left.rows = static_cast<int64_t>(rows);
  first_ = first_row * static_cast<uint64_t>(width);
  rows_.assign(rows * static_cast<uint64_t>(width), 0);
  add_product(left, std::as_const(factors_.right).view(), {rows_.data(), left.rows, width, width});
  for (double& value : rows_) value *= factors_.scaling;
}

}  // namespace evergreen
