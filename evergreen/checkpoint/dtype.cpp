#include "evergreen/checkpoint/dtype.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

namespace evergreen {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors holds little-endian numbers");

struct DtypeRow {
  std::string_view name;
  int bits;
};

constexpr std::array<DtypeRow, 22> kDtypes = {{
    {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
    {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
    {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
}};

// Rounds to a 16-bit format with `kMantissa` bits after the point, straight from the bits of the double.
template <int kMantissa, int kBias>
uint16_t narrow(double value) {
  constexpr uint64_t kInfinity = uint64_t{2 * kBias + 1} << kMantissa;
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t sign = bits >> 63 << 15;
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  const uint64_t fraction = bits & ((uint64_t{1} << 52) - 1);
  if (exponent == 0x7ff) {
    if (fraction == 0) return static_cast<uint16_t>(sign | kInfinity);
    return static_cast<uint16_t>(sign | kInfinity | fraction >> (52 - kMantissa) |
                                 uint64_t{1} << (kMantissa - 1));
  }
  const int target = exponent - 1023 + kBias;  // the biased exponent there; below 1 the result is subnormal
  const int shift = 52 - kMantissa + (target < 1 ? 1 - target : 0);
  if (exponent == 0 || shift > 53)
    return static_cast<uint16_t>(sign);  // less than half of the least subnormal
  const uint64_t significand = fraction | uint64_t{1} << 52;
  const uint64_t rest = significand & ((uint64_t{1} << shift) - 1), half = uint64_t{1} << (shift - 1);
  uint64_t rounded = significand >> shift;
  if (rest > half || (rest == half && (rounded & 1) != 0)) ++rounded;
  // A carry out of the fraction raises the exponent by itself; beyond the largest it makes infinity.
  const uint64_t magnitude = (target < 1 ? 0 : static_cast<uint64_t>(target - 1) << kMantissa) + rounded;
  return static_cast<uint16_t>(sign | std::min(magnitude, kInfinity));
}

template <class Element, class Convert>
void decode_as(std::span<const std::byte> bytes, std::span<double> values, Convert convert) {
  assert(bytes.size() == values.size() * sizeof(Element));
  for (size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    values[i] = convert(element);
  }
}

template <class Element, class Convert>
void encode_as(std::span<const double> values, std::span<std::byte> bytes, Convert convert) {
  assert(bytes.size() == values.size() * sizeof(Element));
  for (size_t i = 0; i < values.size(); ++i) {
    const Element element = convert(values[i]);
    std::memcpy(bytes.data() + i * sizeof(Element), &element, sizeof(Element));
  }
}

}  // namespace

std::string_view dtype_name(Dtype dtype) { return kDtypes.at(static_cast<size_t>(dtype)).name; }
int dtype_bits(Dtype dtype) { return kDtypes.at(static_cast<size_t>(dtype)).bits; }

std::optional<Dtype> dtype_from_name(std::string_view name) {
  for (size_t i = 0; i < kDtypes.size(); ++i) {
    if (kDtypes[i].name == name) return static_cast<Dtype>(i);
  }
  return std::nullopt;
}

std::optional<Dtype> dtype_from_option(std::string_view name) {
  if (name.starts_with("torch.")) name.remove_prefix(6);
  for (const auto& [spelling, dtype] : {std::pair{"bf16", Dtype::bf16},
                                        {"bfloat16", Dtype::bf16},
                                        {"f16", Dtype::f16},
                                        {"fp16", Dtype::f16},
                                        {"float16", Dtype::f16},
                                        {"half", Dtype::f16},
                                        {"f32", Dtype::f32},
                                        {"fp32", Dtype::f32},
                                        {"float32", Dtype::f32},
                                        {"float", Dtype::f32},
                                        {"f64", Dtype::f64},
                                        {"fp64", Dtype::f64},
                                        {"float64", Dtype::f64},
                                        {"double", Dtype::f64}}) {
    if (name == spelling) return dtype;
  }
  return dtype_from_name(name);
}

bool has_arithmetic(Dtype dtype) {
  return dtype == Dtype::f16 || dtype == Dtype::bf16 || dtype == Dtype::f32 || dtype == Dtype::f64;
}

uint16_t bf16_from_double(double value) { return narrow<7, 127>(value); }
uint16_t f16_from_double(double value) { return narrow<10, 15>(value); }

double double_from_bf16(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

double double_from_f16(uint16_t bits) {
  const uint64_t sign = uint64_t{bits} >> 15 << 63;
  const uint64_t exponent = bits >> 10 & 0x1f, fraction = bits & 0x3ff;
  if (exponent == 0) {
    const double magnitude = static_cast<double>(fraction) * 0x1p-24;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint64_t wide = exponent == 0x1f ? 0x7ff : exponent - 15 + 1023;
  return std::bit_cast<double>(sign | wide << 52 | fraction << 42);
}

void decode(Dtype dtype, std::span<const std::byte> bytes, std::span<double> values) {
  switch (dtype) {
    case Dtype::f16:
      return decode_as<uint16_t>(bytes, values, double_from_f16);
    case Dtype::bf16:
      return decode_as<uint16_t>(bytes, values, double_from_bf16);
    case Dtype::f32:
      return decode_as<float>(bytes, values, [](float value) { return double{value}; });
    case Dtype::f64:
      return decode_as<double>(bytes, values, [](double value) { return value; });
    default:
      assert(!"decode() is for dtypes with has_arithmetic()");
  }
}

void encode(Dtype dtype, std::span<const double> values, std::span<std::byte> bytes) {
  switch (dtype) {
    case Dtype::f16:
      return encode_as<uint16_t>(values, bytes, f16_from_double);
    case Dtype::bf16:
      return encode_as<uint16_t>(values, bytes, bf16_from_double);
    case Dtype::f32:
      return encode_as<float>(values, bytes, [](double value) { return static_cast<float>(value); });
    case Dtype::f64:
      return encode_as<double>(values, bytes, [](double value) { return value; });
    default:
      assert(!"encode() is for dtypes with has_arithmetic()");
  }
}

}  // namespace evergreen
