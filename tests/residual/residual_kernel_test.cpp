#include "evergreen/residual/residual_kernel.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/data.hpp"

namespace evergreen {
namespace {

std::vector<std::byte> encoded(Dtype dtype, const std::vector<double>& values) {
  std::vector<std::byte> bytes(values.size() * static_cast<size_t>(dtype_bits(dtype)) / 8);
  encode(dtype, values, bytes);
  return bytes;
}

std::vector<std::byte> from_bits(Dtype dtype, uint64_t bits) {
  std::vector<std::byte> bytes(static_cast<size_t>(dtype_bits(dtype)) / 8);
  std::memcpy(bytes.data(), &bits, bytes.size());
  return bytes;
}

std::vector<double> decoded(Dtype dtype, const std::vector<std::byte>& bytes) {
  std::vector<double> values(bytes.size() * 8 / static_cast<size_t>(dtype_bits(dtype)));
  decode(dtype, bytes, values);
  return values;
}

struct Case {
  Dtype out, c, a, b;
  double scale;
  uint64_t c_bits, a_bits, b_bits, expected;
};

std::vector<Case> golden_cases() {
  std::ifstream file(test::golden_path("residual/kernel.txt"));
  std::vector<Case> cases;
  std::string out, c, a, b;
  uint64_t scale = 0;
  Case one{};
  while (file >> out >> c >> a >> b >> std::hex >> scale >> one.c_bits >> one.a_bits >> one.b_bits >>
         one.expected) {
    one.out = dtype_from_option(out).value();
    one.c = dtype_from_option(c).value();
    one.a = dtype_from_option(a).value();
    one.b = dtype_from_option(b).value();
    one.scale = std::bit_cast<double>(scale);
    cases.push_back(one);
  }
  return cases;
}

// One term over all elements, with spans that outlive the call.
struct Slice {
  Dtype c_dtype = Dtype::bf16, a_dtype = Dtype::bf16, b_dtype = Dtype::bf16, out_dtype = Dtype::bf16;
  std::vector<double> c, a, b;
  double scale = 1;
  bool measure_loss = false;
  KernelSums sums{};
  std::optional<KernelFault> fault{};

  std::vector<double> run() {
    const auto c_bytes = encoded(c_dtype, c), a_bytes = encoded(a_dtype, a), b_bytes = encoded(b_dtype, b);
    const std::vector<KernelTerm> terms = {{scale, {a_dtype, a_bytes}, {b_dtype, b_bytes}}};
    std::vector<std::byte> out(a.size() * static_cast<size_t>(dtype_bits(out_dtype)) / 8);
    fault = combine_slice({{c_dtype, c_bytes}, terms, a.size(), out_dtype, measure_loss}, out, sums);
    return decoded(out_dtype, out);
  }
};

constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST(ResidualKernel, AgreesBitForBitWithExactRationalArithmetic) {
  const std::vector<Case> cases = golden_cases();
  ASSERT_GT(cases.size(), 1000U);
  for (const Case& one : cases) {
    const auto c = from_bits(one.c, one.c_bits), a = from_bits(one.a, one.a_bits),
               b = from_bits(one.b, one.b_bits);
    const std::vector<KernelTerm> terms = {{one.scale, {one.a, a}, {one.b, b}}};
    std::vector<std::byte> out(static_cast<size_t>(dtype_bits(one.out)) / 8);
    KernelSums sums;
    ASSERT_FALSE(combine_slice({{one.c, c}, terms, 1, one.out}, out, sums));
    ASSERT_EQ(out, from_bits(one.out, one.expected))
        << dtype_name(one.out) << " from " << dtype_name(one.c) << " + " << one.scale << " * ("
        << dtype_name(one.a) << " - " << dtype_name(one.b) << "), bits " << std::hex << one.c_bits << ' '
        << one.a_bits << ' ' << one.b_bits;
  }
}

TEST(ResidualKernel, RoundsOnceAndNotThroughFloat) {
  Slice slice;
  slice.a_dtype = slice.b_dtype = Dtype::f64;
  slice.c = {1};
  slice.a = {0x1p-8 + 0x1p-40};
  slice.b = {0};
  EXPECT_EQ(slice.run(), std::vector<double>{1.0078125});
}

TEST(ResidualKernel, TheOrderOfOperationsIsTheDefinedOne) {
  Slice slice;  // in another order, or fused, these differ in the last bit
  slice.c_dtype = slice.a_dtype = slice.b_dtype = slice.out_dtype = Dtype::f64;
  slice.scale = 0.1;
  slice.c = {0.3, 1e16, -0.1};
  slice.a = {0.7, 3, 1};
  slice.b = {0.1, 1, 1e-17};
  const std::vector<double> got = slice.run();
  for (size_t i = 0; i < got.size(); ++i) {
    const volatile double d = slice.a[i] - slice.b[i];
    const volatile double p = slice.scale * d;
    const volatile double sum = slice.c[i] + p;
    EXPECT_EQ(got[i], sum);
    EXPECT_EQ(std::signbit(got[i]), std::signbit(sum));
  }
}

TEST(ResidualKernel, SeveralTermsAreAddedInTheirOrder) {
  const auto c = encoded(Dtype::f64, {1}), a = encoded(Dtype::f64, {1e16}), b = encoded(Dtype::f64, {0}),
             minus = encoded(Dtype::f64, {-1e16});
  const std::vector<KernelTerm> terms = {{1, {Dtype::f64, a}, {Dtype::f64, b}}, {1, {Dtype::f64, minus}, {}}};
  std::vector<std::byte> out(8);
  KernelSums sums;
  ASSERT_FALSE(combine_slice({{Dtype::f64, c}, terms, 1, Dtype::f64}, out, sums));
  EXPECT_EQ(decoded(Dtype::f64, out).front(), (1.0 + 1e16) - 1e16);
  EXPECT_EQ(sums.added_squares, 0);
}

TEST(ResidualKernel, WithoutAStartTheDifferenceAloneIsStored) {
  const auto a = encoded(Dtype::bf16, {1, -2, 0.5}), b = encoded(Dtype::bf16, {0.5, -2, 1});
  const std::vector<KernelTerm> terms = {{1, {Dtype::bf16, a}, {Dtype::bf16, b}}};
  std::vector<std::byte> out(12);
  KernelSums sums;
  ASSERT_FALSE(combine_slice({{}, terms, 3, Dtype::f32}, out, sums));
  EXPECT_EQ(decoded(Dtype::f32, out), (std::vector<double>{0.5, 0, -0.5}));
  EXPECT_DOUBLE_EQ(sums.added_squares, 0.5);
  EXPECT_DOUBLE_EQ(sums.base_squares, 5.25);
}

TEST(ResidualKernel, EveryElementOfALongSliceIsComputed) {
  Slice slice;
  slice.out_dtype = Dtype::f32;
  for (int i = 0; i < 3001; ++i) {
    slice.c.push_back(i % 64);
    slice.a.push_back(i % 128);
    slice.b.push_back(i % 32);
  }
  const std::vector<double> got = slice.run();
  for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], slice.c[i] + slice.a[i] - slice.b[i]) << i;
}

TEST(ResidualKernel, NanAndInfinityInAnyOperandAreReportedWithElementAndOperand) {
  for (int operand = 0; operand < 3; ++operand) {
    for (const double bad : {std::nan(""), kInfinity, -kInfinity}) {
      for (const Dtype dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
        Slice slice;
        slice.c_dtype = slice.a_dtype = slice.b_dtype = dtype;
        slice.c = slice.a = slice.b = std::vector<double>(1200, 1.0);
        (operand == 0 ? slice.c : operand == 1 ? slice.a : slice.b)[1100] = bad;
        slice.run();
        ASSERT_TRUE(slice.fault.has_value());
        EXPECT_EQ(slice.fault->kind, KernelFault::Kind::not_finite);
        EXPECT_EQ(slice.fault->element, 1100U);
        EXPECT_EQ(slice.fault->operand, operand);
      }
    }
  }
}

TEST(ResidualKernel, ASumTooLargeForTheOutputIsReportedExactlyFromTheLimit) {
  Slice slice;
  slice.c_dtype = slice.a_dtype = slice.b_dtype = Dtype::f64;
  slice.out_dtype = Dtype::f16;
  slice.b = {0, 0};
  slice.c = {0, 65000};
  slice.a = {0, 519.99};
  EXPECT_EQ(slice.run().at(1), 65504);
  EXPECT_FALSE(slice.fault.has_value());
  slice.a = {0, 520};
  slice.run();
  ASSERT_TRUE(slice.fault.has_value());
  EXPECT_EQ(slice.fault->kind, KernelFault::Kind::too_large);
  EXPECT_EQ(slice.fault->element, 1U);
  EXPECT_EQ(slice.fault->value, 65520);
  slice.out_dtype = Dtype::f64;
  slice.c = {0, 1.5e308};
  slice.a = {0, 1.5e308};
  slice.run();
  EXPECT_TRUE(slice.fault.has_value());
}

TEST(ResidualKernel, LossOfANarrowStoreIsMeasured) {
  const auto a = encoded(Dtype::f32, {1 + 0x1p-12, 2, 3}), b = encoded(Dtype::f32, {0, 1, 1});
  const std::vector<KernelTerm> terms = {{1, {Dtype::f32, a}, {Dtype::f32, b}}};
  std::vector<std::byte> out(6);
  KernelSums sums;
  ASSERT_FALSE(combine_slice({{}, terms, 3, Dtype::bf16, true}, out, sums));
  EXPECT_EQ(sums.loss_max, 0x1p-12);
  EXPECT_EQ(sums.loss_squares, 0x1p-24);
  EXPECT_EQ(sums.changed, 1U);
}

}  // namespace evergreen
