#include "evergreen/residual/merge.hpp"

#include <array>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

constexpr std::array kMethods = {MergeMethod::sum, MergeMethod::ties, MergeMethod::dare};

// Doubles of one sign are in the order of their bits.
uint64_t magnitude_bits(double value) { return std::bit_cast<uint64_t>(std::fabs(value)); }

void trim(MergeTerm& term) {
  for (double& d : term.difference) {
    if (std::fabs(d) < term.threshold) d = 0;
  }
}

void drop(const MergeOptions& options, std::string_view tensor, uint64_t term_number, uint64_t first,
          MergeTerm& term) {
  const RandomStream stream(options.seed, fmt::format("dare {}", tensor), term_number);
  // 32 bits decide about an element: two elements share a number of the stream.
  const double limit = options.density * 0x1p32;
  for (size_t i = 0; i < term.difference.size(); ++i) {
    const uint64_t element = first + i, bits = stream.at(element / 2) >> (element % 2 * 32) & 0xffffffffU;
    term.difference[i] = static_cast<double>(bits) < limit ? term.difference[i] / options.density : 0.0;
  }
}

void sum_terms(std::span<const MergeTerm> terms, std::span<double> added) {
  for (size_t i = 0; i < added.size(); ++i) {
    double sum = terms[0].scale * terms[0].difference[i];
    for (size_t k = 1; k < terms.size(); ++k) sum += terms[k].scale * terms[k].difference[i];
    added[i] = sum;
  }
}

// added holds the sum of all terms: its sign is the elected one.
void mean_of_elected(std::span<const MergeTerm> terms, std::span<double> added) {
  for (size_t i = 0; i < added.size(); ++i) {
    const double elected = added[i];
    double sum = 0, weight = 0;
    for (const MergeTerm& term : terms) {
      const double p = term.scale * term.difference[i];
      if (p == 0 || std::signbit(p) != std::signbit(elected)) continue;
      sum += p;
      weight += std::fabs(term.scale);
    }
    added[i] = elected == 0 || weight == 0 ? 0.0 : sum / weight;
  }
}

}  // namespace

const char* merge_method_name(MergeMethod method) {
  switch (method) {
    case MergeMethod::sum:
      return "sum";
    case MergeMethod::ties:
      return "ties";
    case MergeMethod::dare:
      return "dare";
  }
  return "";
}

MergeMethod merge_method_from_name(const std::string& name) {
  std::vector<std::string> names;
  for (const MergeMethod method : kMethods) {
    if (name == merge_method_name(method)) return method;
    names.emplace_back(merge_method_name(method));
  }
  throw Error(ErrorKind::usage, fmt::format("there is no merge method '{}'", name), {},
              suggest_name(name, names));
}

double magnitude_threshold(const std::function<void(const SliceVisitor&)>& for_each_slice, uint64_t keep) {
  uint64_t prefix = 0;  // the bits of the threshold that are known, from the top
  std::vector<uint64_t> counts(size_t{1} << 16);
  for (int known = 0; known < 64; known += 16) {
    std::fill(counts.begin(), counts.end(), 0);
    const int shift = 48 - known;
    for_each_slice([&](std::span<const double> values) {
      for (const double value : values) {
        const uint64_t bits = magnitude_bits(value);
        if (known == 0 || bits >> (shift + 16) == prefix) ++counts[bits >> shift & 0xffff];
      }
    });
    size_t bucket = counts.size() - 1;
    while (bucket > 0 && counts[bucket] < keep) keep -= counts[bucket--];
    prefix = prefix << 16 | bucket;
    if (counts[bucket] == keep) return std::bit_cast<double>(prefix << shift);  // all of the bucket are kept
  }
  return std::bit_cast<double>(prefix);
}

void merge_terms(const MergeOptions& options, std::string_view tensor, uint64_t first,
                 std::span<MergeTerm> terms, std::span<double> added) {
  for (size_t k = 0; k < terms.size(); ++k) {
    if (options.method == MergeMethod::ties) trim(terms[k]);
    if (options.method == MergeMethod::dare) drop(options, tensor, k, first, terms[k]);
  }
  sum_terms(terms, added);
  if (options.method == MergeMethod::ties) mean_of_elected(terms, added);
}

}  // namespace evergreen
