#include "evergreen/residual/merge.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "evergreen/residual/residual.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/trio.hpp"

namespace evergreen {
using test::expect_error;

namespace {

std::vector<double> normal_numbers(uint64_t seed, size_t count) {
  RandomStream stream(seed, "merge test");
  std::vector<double> values(count);
  for (double& value : values) value = stream.normal();
  return values;
}

double threshold_of(const std::vector<double>& values, uint64_t keep, size_t slice) {
  return magnitude_threshold(
      [&](const SliceVisitor& visitor) {
        for (size_t first = 0; first < values.size(); first += slice) {
          visitor(std::span(values).subspan(first, std::min(slice, values.size() - first)));
        }
      },
      keep);
}

// What merge_terms makes of copies of the differences.
std::vector<double> merged(const MergeOptions& options, std::vector<std::vector<double>> differences,
                           const std::vector<double>& scales, double threshold = 0, uint64_t first = 0) {
  std::vector<MergeTerm> terms;
  for (size_t k = 0; k < differences.size(); ++k) terms.push_back({scales[k], threshold, differences[k]});
  std::vector<double> added(differences[0].size());
  merge_terms(options, "tensor", first, terms, added);
  return added;
}

}  // namespace

TEST(Merge, TheThresholdKeepsExactlyTheLargestMagnitudes) {
  const std::vector<double> values = normal_numbers(1, 5000);
  std::vector<double> sorted;
  for (const double value : values) sorted.push_back(std::fabs(value));
  std::ranges::sort(sorted, std::greater<>());
  for (const uint64_t keep : {1U, 7U, 1000U, 4999U, 5000U}) {
    const double threshold = threshold_of(values, keep, 333);
    EXPECT_EQ(std::ranges::count_if(sorted, [&](double v) { return v >= threshold; }),
              static_cast<int64_t>(keep));
    EXPECT_LE(threshold, sorted[keep - 1]);
  }
  EXPECT_EQ(threshold_of({0.5, -0.5, 0.5, 0.25}, 2, 2), 0.5) << "equal ones are all kept";
  EXPECT_EQ(threshold_of({0, 0, 0, 1}, 2, 1), 0);
}

TEST(Merge, TiesTrimsElectsAndTakesTheMeanOfThoseThatAgree) {
  // Elements: agreement; conflict won by the first; conflict won by the second; trimmed away; one alone.
  const std::vector<std::vector<double>> d = {{1, 4, -1, 0.1, 2}, {3, -1, 5, -0.1, 0.1}};
  const std::vector<double> added = merged({.method = MergeMethod::ties}, d, {1, 1}, 0.5);
  EXPECT_EQ(added, (std::vector<double>{2, 4, 5, 0, 2}));
  const std::vector<double> weighted = merged({.method = MergeMethod::ties}, d, {3, 1}, 0.5);
  EXPECT_EQ(weighted[0], (3.0 * 1 + 3) / 4);
}

TEST(Merge, DareKeepsTheExpectationAndDependsOnElementsAlone) {
  const size_t count = 200'000;
  const MergeOptions options{.method = MergeMethod::dare, .density = 0.3, .seed = 5};
  const std::vector<double> ones(count, 1.0);
  const std::vector<double> added = merged(options, {ones}, {1});
  const auto kept = std::ranges::count_if(added, [](double v) { return v != 0; });
  EXPECT_NEAR(static_cast<double>(kept) / count, 0.3, 0.005);
  EXPECT_EQ(*std::ranges::max_element(added), 1 / 0.3);
  const std::vector<double> tail = merged(options, {std::vector<double>(1001, 1.0)}, {1}, 0, 77);
  EXPECT_TRUE(std::equal(tail.begin(), tail.end(), added.begin() + 77)) << "as if it came in one slice";
  const std::vector<double> two = merged(options, {ones, ones}, {1, 0});
  EXPECT_EQ(two, added);
  EXPECT_NE(merged({.method = MergeMethod::dare, .density = 0.3, .seed = 6}, {ones}, {1}), added);
}

TEST(Merge, SeveralResidualsAreAddedInFloat64AndRoundedOnce) {
  const test::Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  const ResidualOptions quick{.sync = false};
  extract(base, instruct, trio.dir / "r1", quick);
  extract(base, new_base, trio.dir / "r2", quick);
  const CheckpointReader r1(trio.dir / "r1"), r2(trio.dir / "r2");
  apply(base, {{&r1, 0.7}, {&r2, 0.3}}, trio.dir / "sum", {.scale = 0.9, .sync = false});
  const CheckpointReader sum(trio.dir / "sum");
  for (const TensorInfo& tensor : base.tensors()) {
    std::vector<double> b(tensor.elements()), x(b), y(b);
    decode(tensor.dtype, base.read_all(tensor), b);
    decode(Dtype::f32, r1.read_all(r1.get(tensor.name)), x);
    decode(Dtype::f32, r2.read_all(r2.get(tensor.name)), y);
    std::vector<std::byte> expected(tensor.bytes());
    for (size_t i = 0; i < b.size(); ++i) {
      const volatile double p = 0.9 * 0.7 * x[i], q = 0.9 * 0.3 * y[i];
      b[i] = (b[i] + p) + q;
    }
    encode(tensor.dtype, b, expected);
    EXPECT_EQ(sum.read_all(sum.get(tensor.name)), expected) << tensor.name;
  }
}

TEST(Merge, TiesAndDareAreReproducibleWhateverTheThreads) {
  const test::Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  extract(base, instruct, trio.dir / "r1", {.sync = false});
  extract(base, new_base, trio.dir / "r2", {.sync = false});
  const CheckpointReader r1(trio.dir / "r1"), r2(trio.dir / "r2");
  for (const MergeMethod method : {MergeMethod::ties, MergeMethod::dare}) {
    std::vector<std::string> hashes;
    for (const int threads : {1, 3}) {
      const fs::path out = trio.dir / (std::string(merge_method_name(method)) + std::to_string(threads));
      const ResidualReport report =
          apply(base, {{&r1, 1}, {&r2, 1}}, out,
                {.merge = {.method = method, .density = 0.4, .seed = 3}, .sync = false, .threads = threads});
      hashes.push_back(report.weights_hash);
    }
    EXPECT_EQ(hashes[0], hashes[1]);
    EXPECT_NE(hashes[0], to_string(base.content_hash()));
  }
  expect_error(ErrorKind::usage, "density", [&] {
    apply(base, {{&r1, 1}}, trio.dir / "x",
          {.merge = {.method = MergeMethod::ties, .density = 0}, .sync = false});
  });
}

TEST(Merge, TiesWithAllOfOneResidualAddsThatResidual) {
  const test::Trio trio;
  const CheckpointReader base(trio.base), instruct(trio.instruct), new_base(trio.new_base);
  extract(base, instruct, trio.dir / "r", {.sync = false});
  const CheckpointReader r(trio.dir / "r");
  const auto plain = apply(new_base, r, trio.dir / "plain", {.scale = 0.5, .sync = false});
  const auto ties = apply(new_base, r, trio.dir / "ties",
                          {.scale = 0.5, .merge = {.method = MergeMethod::ties}, .sync = false});
  EXPECT_EQ(plain.weights_hash, ties.weights_hash);
}

}  // namespace evergreen
