#include "evergreen/checkpoint/dtype.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

// The nearest value of a 16-bit format by search over all its values: an independent definition of rounding to even.
class Nearest {
 public:
  explicit Nearest(double (*widen)(uint16_t), uint16_t infinity) : widen_(widen), infinity_(infinity) {}

  uint16_t operator()(double value) const {
    const double magnitude = std::fabs(value);
    uint16_t low = 0,
             high =
                 infinity_;  // widen(low) <= magnitude < widen(high), infinity as one step beyond the largest
    while (high - low > 1) {
      const auto middle = static_cast<uint16_t>((low + high) / 2);
      (widen_(middle) <= magnitude ? low : high) = middle;
    }
    const long double step = high == infinity_ ? static_cast<long double>(widen_(low)) - widen_(low - 1)
                                               : static_cast<long double>(widen_(high)) - widen_(low);
    const long double above = static_cast<long double>(magnitude) - widen_(low);
    const bool up = above > step / 2 || (above == step / 2 && (low & 1) != 0);
    return static_cast<uint16_t>((std::signbit(value) ? 0x8000 : 0) | (up ? high : low));
  }

 private:
  double (*widen_)(uint16_t);
  uint16_t infinity_;
};

void expect_nearest(const Nearest& nearest, uint16_t (*narrow)(double), double (*widen)(uint16_t)) {
  RandomStream random(7, "rounding");
  const auto check = [&](double value) {
    if (!std::isfinite(value)) return;
    ASSERT_EQ(narrow(value), nearest(value)) << std::hexfloat << value;
    ASSERT_EQ(narrow(-value), nearest(-value)) << std::hexfloat << -value;
  };
  for (int i = 0; i < 200000; ++i) {
    const auto bits = static_cast<uint16_t>(random.below(0x7f80));
    const double low = widen(bits), high = widen(static_cast<uint16_t>(bits + 1));
    if (!std::isfinite(low) || !std::isfinite(high)) continue;
    const double middle = low + (high - low) / 2;
    check(low);
    check(middle);
    check(std::nextafter(middle, 0));
    check(std::nextafter(middle, high));
    check(low + (high - low) * random.uniform());
  }
}

}  // namespace

TEST(Dtype, Bf16IsTheNearestValueAndEvenOnATie) {
  expect_nearest(Nearest(double_from_bf16, 0x7f80), bf16_from_double, double_from_bf16);
}

TEST(Dtype, F16IsTheNearestValueAndEvenOnATie) {
  expect_nearest(Nearest(double_from_f16, 0x7c00), f16_from_double, double_from_f16);
}

TEST(Dtype, RoundingIsDirectAndNotThroughFloat) {
  const double value = 1 + 0x1p-8 + 0x1p-40;
  EXPECT_EQ(bf16_from_double(value), 0x3f81);                      // above the middle: up
  EXPECT_EQ(bf16_from_double(static_cast<float>(value)), 0x3f80);  // through float it was a tie: to even
  EXPECT_EQ(f16_from_double(1 + 0x1p-11 + 0x1p-40), 0x3c01);
}

TEST(Dtype, TheLastFiniteValuesTheFirstInfiniteAndTheSmallest) {
  EXPECT_EQ(bf16_from_double(0x1.ffp127), 0x7f80);
  EXPECT_EQ(bf16_from_double(std::nextafter(0x1.ffp127, 0)), 0x7f7f);
  EXPECT_EQ(f16_from_double(65520), 0x7c00);
  EXPECT_EQ(f16_from_double(std::nextafter(65520.0, 0)), 0x7bff);
  EXPECT_EQ(bf16_from_double(0x1p-133), 0x0001);
  EXPECT_EQ(bf16_from_double(0x1p-134), 0x0000);
  EXPECT_EQ(bf16_from_double(std::nextafter(0x1p-134, 1)), 0x0001);
  EXPECT_EQ(f16_from_double(-0x1p-25), 0x8000);
  EXPECT_EQ(f16_from_double(std::nextafter(-0x1p-25, -1)), 0x8001);
  EXPECT_EQ(f16_from_double(0x1p-15), 0x0200);
  EXPECT_EQ(bf16_from_double(std::numeric_limits<double>::denorm_min()), 0);
  EXPECT_EQ(bf16_from_double(-0.0), 0x8000);
  EXPECT_EQ(f16_from_double(1e300), 0x7c00);
}

TEST(Dtype, InfinitiesAndQuietNansStayWhatTheyAre) {
  const double infinity = std::numeric_limits<double>::infinity(),
               nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(bf16_from_double(-infinity), 0xff80);
  EXPECT_EQ(f16_from_double(infinity), 0x7c00);
  EXPECT_TRUE(std::isnan(double_from_bf16(bf16_from_double(nan))));
  EXPECT_TRUE(std::isnan(double_from_f16(f16_from_double(nan))));
  EXPECT_EQ(bf16_from_double(std::bit_cast<double>(uint64_t{0x7ff0000000000001})) & 0x7fc0, 0x7fc0);
}

TEST(Dtype, Every16BitValueComesBackBitForBit) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto b = static_cast<uint16_t>(bits);
    const double from_bf16 = double_from_bf16(b), from_f16 = double_from_f16(b);
    EXPECT_TRUE(std::isnan(from_bf16) || bf16_from_double(from_bf16) == b);
    EXPECT_TRUE(std::isnan(from_f16) || f16_from_double(from_f16) == b);
  }
}

TEST(Dtype, DecodingUndoesEncodingAtAnyAlignment) {
  const std::vector<double> values = {0, -0.0, 1.5, -2.25, 0x1p-14, 1024};
  for (const Dtype dtype : {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64}) {
    const size_t bytes = values.size() * static_cast<size_t>(dtype_bits(dtype)) / 8;
    std::vector<std::byte> buffer(bytes + 1);
    encode(dtype, values, std::span(buffer).subspan(1));
    std::vector<double> back(values.size());
    decode(dtype, std::span(buffer).subspan(1), back);
    EXPECT_EQ(std::memcmp(back.data(), values.data(), values.size() * sizeof(double)), 0)
        << dtype_name(dtype);
  }
}

TEST(Dtype, NamesOfHeadersAndOfOptions) {
  for (int i = 0; i < 22; ++i)
    EXPECT_EQ(dtype_from_name(dtype_name(static_cast<Dtype>(i))), static_cast<Dtype>(i));
  EXPECT_EQ(dtype_from_name("bf16"), std::nullopt);
  EXPECT_EQ(dtype_from_option("bfloat16"), Dtype::bf16);
  EXPECT_EQ(dtype_from_option("torch.float32"), Dtype::f32);
  EXPECT_EQ(dtype_from_option("BF16"), Dtype::bf16);
  EXPECT_EQ(dtype_from_option("float17"), std::nullopt);
}

}  // namespace evergreen
