#include "evergreen/eval/statistics.hpp"

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

void require_values(size_t count) {
  if (count == 0) throw Error(ErrorKind::usage, "a sample without a value has no mean");
}

void require_same_size(size_t a, size_t b) {
  if (a != b) throw Error(ErrorKind::usage, fmt::format("{} values of one sample, {} of the other", a, b));
}

// The regularised incomplete beta function I_x(a, b) by its continued fraction (modified Lentz).
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  constexpr double kTiny = 1e-300;
  double c = 1, d = 1 - (a + b) * x / (a + 1);
  if (std::abs(d) < kTiny) d = kTiny;
  d = 1 / d;
  double fraction = d;
  for (int m = 1; m <= 10000; ++m) {
    double change = 1;
    for (const double step : {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                              -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))}) {
      d = 1 + step * d;
      c = 1 + step / c;
      if (std::abs(d) < kTiny) d = kTiny;
      if (std::abs(c) < kTiny) c = kTiny;
      d = 1 / d;
      change = d * c;
      fraction *= change;
    }
    if (std::abs(change - 1) < 1e-16) break;
  }
  const double front =
      std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
  return front * fraction / a;
}

double student_t_probability(double t, double degrees) {
  const double tail = 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t > 0 ? 1 - tail : tail;
}

// The root of an increasing function by bisection, to the last bit.
template <class F>
double solve(F&& increasing, double target, double low, double high) {
  for (int i = 0; i < 2000 && std::nextafter(low, high) < high; ++i) {
    const double middle = low + (high - low) / 2;
    (increasing(middle) < target ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

double normal_quantile(double probability) {
  return solve([](double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }, probability, -40, 40);
}

struct PairedCounts {
  double both = 0, only_a = 0, only_b = 0, neither = 0;
};

// Newcombe's method 10, with the correction of phi for continuity.
Interval newcombe_interval(const PairedCounts& c) {
  const double n = c.both + c.only_a + c.only_b + c.neither;
  const double in_a = c.both + c.only_a, in_b = c.both + c.only_b;
  const Interval wa = wilson_interval(in_a, n), wb = wilson_interval(in_b, n);
  const double pa = in_a / n, pb = in_b / n;
  double phi = 0;
  const double product = in_a * (n - in_a) * in_b * (n - in_b);
  if (product > 0) {
    const double excess = c.both * c.neither - c.only_a * c.only_b;
    phi = (excess > n / 2 ? excess - n / 2 : std::min(excess, 0.0)) / std::sqrt(product);
  }
  const auto distance = [phi](double x, double y) {
    return std::sqrt(std::max(0.0, x * x - 2 * phi * x * y + y * y));
  };
  return {pa - pb - distance(pa - wa.low, wb.high - pb), pa - pb + distance(wa.high - pa, pb - wb.low)};
}

// Two-sided: of `discordant` fair coins, as far from the middle as this or farther.
double mcnemar_exact(double only_a, double only_b) {
  const double discordant = only_a + only_b, fewer = std::min(only_a, only_b);
  double tail = 0;
  for (double k = 0; k <= fewer; ++k) {
    tail += std::exp(std::lgamma(discordant + 1) - std::lgamma(k + 1) - std::lgamma(discordant - k + 1) -
                     discordant * std::numbers::ln2);
  }
  return std::min(1.0, 2 * tail);
}

PairedDifference paired_proportions(std::span<const double> a, std::span<const double> b) {
  PairedCounts c;
  for (size_t i = 0; i < a.size(); ++i) {
    (a[i] == 1 ? (b[i] == 1 ? c.both : c.only_a) : (b[i] == 1 ? c.only_b : c.neither)) += 1;
  }
  const auto items = static_cast<int64_t>(a.size());
  return {(c.only_a - c.only_b) / static_cast<double>(items), newcombe_interval(c),
          mcnemar_exact(c.only_a, c.only_b), items, "newcombe-10, mcnemar exact"};
}

}  // namespace

Estimate mean_estimate(std::span<const double> values) {
  const std::vector<double> ones(values.size(), 1.0);
  return ratio_estimate(values, ones);
}

Estimate ratio_estimate(std::span<const double> numerators, std::span<const double> denominators) {
  require_values(numerators.size());
  require_same_size(numerators.size(), denominators.size());
  double numerator = 0, denominator = 0, squares = 0;
  for (const double x : numerators) numerator += x;
  for (const double x : denominators) denominator += x;
  const double ratio = numerator / denominator;
  for (size_t i = 0; i < numerators.size(); ++i)
    squares += std::pow(numerators[i] - ratio * denominators[i], 2);
  const auto n = static_cast<double>(numerators.size());
  const double error = n > 1 ? std::sqrt(squares * n / (n - 1)) / std::abs(denominator) : kNaN;
  return {ratio, error, static_cast<int64_t>(numerators.size())};
}

double student_t_quantile(double probability, double degrees) {
  if (!(probability > 0 && probability < 1) || !(degrees >= 1)) {
    throw Error(ErrorKind::usage, fmt::format("no quantile at probability {} with {} degrees of freedom",
                                              probability, degrees));
  }
  return solve([&](double t) { return student_t_probability(t, degrees); }, probability, -1e8, 1e8);
}

Interval wilson_interval(double successes, double trials, double level) {
  if (!(trials > 0) || !(successes >= 0 && successes <= trials)) {
    throw Error(ErrorKind::usage,
                fmt::format("{} successes of {} trials are no proportion", successes, trials));
  }
  const double z = normal_quantile(0.5 + level / 2), p = successes / trials;
  const double centre = p + z * z / (2 * trials), scale = 1 + z * z / trials;
  const double half = z * std::sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials));
  return {successes == 0 ? 0.0 : (centre - half) / scale,
          successes == trials ? 1.0 : (centre + half) / scale};
}

Interval bootstrap_interval(std::span<const double> values, uint64_t seed, int64_t resamples, double level) {
  require_values(values.size());
  std::vector<double> means(static_cast<size_t>(std::max<int64_t>(resamples, 1)));
  for (size_t r = 0; r < means.size(); ++r) {
    RandomStream stream(seed, "eval.bootstrap", r);
    double sum = 0;
    for (size_t i = 0; i < values.size(); ++i) sum += values[stream.below(values.size())];
    means[r] = sum / static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  const auto quantile = [&](double q) {  // linear between neighbours, as numpy does by default
    const double place = q * static_cast<double>(means.size() - 1);
    const auto below = static_cast<size_t>(place);
    const size_t above = std::min(below + 1, means.size() - 1);
    return means[below] + (place - static_cast<double>(below)) * (means[above] - means[below]);
  };
  return {quantile(0.5 - level / 2), quantile(0.5 + level / 2)};
}

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b) {
  require_values(a.size());
  require_same_size(a.size(), b.size());
  const auto is_binary = [](double x) { return x == 0 || x == 1; };
  if (std::all_of(a.begin(), a.end(), is_binary) && std::all_of(b.begin(), b.end(), is_binary)) {
    return paired_proportions(a, b);
  }
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const Estimate mean = mean_estimate(differences);
  if (mean.items < 2) return {mean.value, {kNaN, kNaN}, kNaN, mean.items, "student t"};
  const auto degrees = static_cast<double>(mean.items - 1);
  const double half = student_t_quantile(0.975, degrees) * mean.standard_error;
  const double p = mean.standard_error == 0
                       ? (mean.value == 0 ? 1.0 : 0.0)
                       : 2 * student_t_probability(-std::abs(mean.value / mean.standard_error), degrees);
  return {mean.value, {mean.value - half, mean.value + half}, p, mean.items, "student t"};
}

}  // namespace evergreen
