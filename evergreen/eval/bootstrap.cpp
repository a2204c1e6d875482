#include "evergreen/eval/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double from_sums(double value, double weight, Aggregation aggregation) {
  const double ratio = value / weight;
  switch (aggregation) {
    case Aggregation::mean:
      return ratio;
    case Aggregation::perplexity:
      return std::exp(-ratio);
    case Aggregation::bits_per_byte:
      return -ratio / std::numbers::ln2;
  }
  return ratio;
}

// Two item numbers of 32 bits out of each 64 random ones; the bias of a product by 2^-32 is below that of a draw.
class ItemStream {
 public:
  ItemStream(uint64_t seed, int64_t draw, size_t items)
      : stream_(seed, "eval.bootstrap", static_cast<uint64_t>(draw)), items_(items) {}
  size_t next() {
    if (!half_) bits_ = stream_.next();
    const uint64_t word = half_ ? bits_ >> 32 : bits_ & 0xFFFFFFFFU;
    half_ = !half_;
    return static_cast<size_t>((word * items_) >> 32);
  }

 private:
  RandomStream stream_;
  uint64_t items_, bits_ = 0;
  bool half_ = false;
};

double quantile(const std::vector<double>& sorted,
                double q) {  // linear between neighbours, as numpy does by default
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Interval percentiles(std::vector<double>& drawn, double level) {
  std::sort(drawn.begin(), drawn.end());
  return {quantile(drawn, 0.5 - level / 2), quantile(drawn, 0.5 + level / 2)};
}

}  // namespace

double aggregate_values(std::span<const MetricValue> values, Aggregation aggregation) {
  double value = 0, weight = 0;
  for (const MetricValue& v : values) {
    value += v.value;
    weight += v.weight;
  }
  return from_sums(value, weight, aggregation);
}

Interval bootstrap_metric(std::span<const MetricValue> values, Aggregation aggregation, uint64_t seed,
                          int64_t draws, double level) {
  if (values.size() < 2) return {kNaN, kNaN};
  std::vector<double> drawn;
  for (int64_t d = 0; d < draws; ++d) {
    ItemStream items(seed, d, values.size());
    double value = 0, weight = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      const MetricValue& v = values[items.next()];
      value += v.value;
      weight += v.weight;
    }
    drawn.push_back(from_sums(value, weight, aggregation));
  }
  return percentiles(drawn, level);
}

PairedBootstrap paired_bootstrap(std::span<const MetricValue> a, std::span<const MetricValue> b,
                                 Aggregation aggregation, uint64_t seed, int64_t draws, double level) {
  if (a.size() != b.size())
    throw Error(ErrorKind::usage, fmt::format("{} values of one model, {} of the other", a.size(), b.size()));
  if (a.size() < 2) return {{kNaN, kNaN}, kNaN};
  std::vector<double> drawn;
  int64_t below = 0, above = 0;
  for (int64_t d = 0; d < draws; ++d) {
    ItemStream items(seed, d, a.size());
    MetricValue of_a{0, 0}, of_b{0, 0};
    for (size_t i = 0; i < a.size(); ++i) {
      const size_t item = items.next();
      of_a.value += a[item].value;
      of_a.weight += a[item].weight;
      of_b.value += b[item].value;
      of_b.weight += b[item].weight;
    }
    const double difference =
        from_sums(of_a.value, of_a.weight, aggregation) - from_sums(of_b.value, of_b.weight, aggregation);
    below += difference <= 0;
    above += difference >= 0;
    drawn.push_back(difference);
  }
  const double tail = static_cast<double>(std::min(below, above) + 1) / static_cast<double>(draws + 1);
  return {percentiles(drawn, level), std::min(1.0, 2 * tail)};
}

}  // namespace evergreen
