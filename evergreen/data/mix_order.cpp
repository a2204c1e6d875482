#include "evergreen/data/mix_order.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {

MixOrder::MixOrder(const std::vector<double>& weights, uint64_t seed) : seed_(seed), rows_(weights.size()) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> left(weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    if (!(weights[i] > 0) || !std::isfinite(total)) {
      throw Error(ErrorKind::usage, fmt::format("the weight {} is not above 0", weights[i]), {},
                  "leave a source without weight out");
    }
    const double exact = weights[i] / total * static_cast<double>(kBlockRows);
    rows_[i] = static_cast<int64_t>(exact);
    left[i] = exact - static_cast<double>(rows_[i]);
  }
  for (int64_t missing = kBlockRows - std::accumulate(rows_.begin(), rows_.end(), int64_t{0}); missing > 0;
       --missing) {
    const auto most = std::max_element(left.begin(), left.end());
    ++rows_[static_cast<size_t>(most - left.begin())];
    *most = -1;
  }
  for (size_t i = 0; i < weights.size(); ++i) {
    if (rows_[i] > 0) continue;
    throw Error(ErrorKind::usage,
                fmt::format("the weight {} of {} gives no row of {}", weights[i], total, kBlockRows), {},
                "give it more, or leave the source out");
  }
}

double MixOrder::share(size_t source) const {
  return static_cast<double>(rows_[source]) / static_cast<double>(kBlockRows);
}

void MixOrder::load_block(int64_t block) {
  if (block == block_) return;
  std::vector<size_t> sources;
  for (size_t i = 0; i < rows_.size(); ++i) sources.insert(sources.end(), static_cast<size_t>(rows_[i]), i);
  const std::vector<uint32_t> order = random_permutation(
      static_cast<uint32_t>(kBlockRows), RandomStream(seed_, "data.mix", static_cast<uint64_t>(block)));
  std::vector<int64_t> seen(rows_.size());
  order_.clear();
  for (const uint32_t place : order) order_.push_back({sources[place], seen[sources[place]]++});
  block_ = block;
}

MixedRow MixOrder::at(int64_t row) {
  load_block(row / kBlockRows);
  const MixedRow within = order_[static_cast<size_t>(row % kBlockRows)];
  return {within.source, block_ * rows_[within.source] + within.row};
}

}  // namespace evergreen
