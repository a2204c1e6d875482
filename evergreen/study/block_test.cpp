#include "evergreen/study/block_test.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen::study {
namespace {

constexpr int kResamples = 2000, kSigns = 20000;
constexpr uint64_t kSeed = 1;

double mean_of(const BlockValues& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void require_blocks(const std::vector<BlockValues>& blocks) {
  if (blocks.empty() || std::any_of(blocks.begin(), blocks.end(), [](const auto& b) { return b.empty(); }))
    throw Error(ErrorKind::internal, "a block of a study's test has no item");
}

double mean_of_means(const std::vector<BlockValues>& blocks) {
  double sum = 0;
  for (const BlockValues& block : blocks) sum += mean_of(block);
  return sum / static_cast<double>(blocks.size());
}

double quantile(std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// Two-sided p-value of sum over blocks of mean(differences).
double sign_test(const std::vector<BlockValues>& differences) {
  std::vector<double> terms;  // an item that does not differ has no sign to flip
  for (const BlockValues& block : differences) {
    for (const double d : block) {
      if (d != 0) terms.push_back(d / static_cast<double>(block.size()));
    }
  }
  const double seen = std::fabs(std::accumulate(terms.begin(), terms.end(), 0.0));
  RandomStream stream(kSeed, "study.signs");
  int extreme = 0;
  for (int draw = 0; draw < kSigns; ++draw) {
    double sum = 0;
    uint64_t bits = 0;
    for (size_t i = 0; i < terms.size(); ++i) {
      if (i % 64 == 0) bits = stream.next();
      sum += (bits >> (i % 64) & 1U) != 0 ? terms[i] : -terms[i];
    }
    if (std::fabs(sum) >= seen - 1e-12) ++extreme;
  }
  return (1.0 + extreme) / (1.0 + kSigns);
}

}  // namespace

Band block_mean(const std::vector<BlockValues>& blocks) {
  require_blocks(blocks);
  Band band;
  band.mean = mean_of_means(blocks);
  RandomStream stream(kSeed, "study.bootstrap");
  std::vector<double> means;
  for (int draw = 0; draw < kResamples; ++draw) {
    double sum = 0;
    for (const BlockValues& block : blocks) {
      double inside = 0;
      for (size_t i = 0; i < block.size();
           ++i)  // 53 bits are enough for an index: no bias that could be seen
        inside += block[static_cast<size_t>(stream.uniform() * static_cast<double>(block.size()))];
      sum += inside / static_cast<double>(block.size());
    }
    means.push_back(sum / static_cast<double>(blocks.size()));
  }
  std::sort(means.begin(), means.end());
  band.low = quantile(means, 0.025), band.high = quantile(means, 0.975);
  return band;
}

BlockDifference block_difference(const std::vector<BlockValues>& a, const std::vector<BlockValues>& b) {
  if (a.size() != b.size()) throw Error(ErrorKind::internal, "two arms have other blocks");
  std::vector<BlockValues> differences(a.size());
  BlockDifference result;
  for (size_t block = 0; block < a.size(); ++block) {
    if (a[block].size() != b[block].size()) throw Error(ErrorKind::internal, "two arms have other items");
    for (size_t i = 0; i < a[block].size(); ++i) differences[block].push_back(a[block][i] - b[block][i]);
    result.items += a[block].size();
  }
  const Band band = block_mean(differences);
  result.difference = band.mean, result.low = band.low, result.high = band.high;
  result.p_value = sign_test(differences);
  for (const BlockValues& block : differences) result.by_block.push_back(mean_of(block));
  return result;
}

std::vector<double> holm(const std::vector<double>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p_values[a] < p_values[b]; });
  std::vector<double> adjusted(p_values.size());
  double largest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(p_values.size() - rank);
    largest = std::max(largest, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace evergreen::study
