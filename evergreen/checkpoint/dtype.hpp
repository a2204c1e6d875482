// Element types of safetensors, and exact conversion between the floating ones and double.
//
// Numbers   decoding is exact (double holds every bf16, f16 and f32). Encoding is ONE direct
//           round-to-nearest-even from double to the target, never through float32: 1 + 2^-8 + 2^-40 goes to
//           the right bf16. Overflow gives infinity, NaN stays a quiet NaN, subnormals and signed zeros stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace evergreen {

// In the order of the safetensors crate 0.7 (tensor.rs, enum Dtype); F4 and F6 have less than a byte each.
// clang-format off
enum class Dtype : uint8_t {
  boolean, f4, f6_e2m3, f6_e3m2, u8, i8, f8_e5m2, f8_e4m3, f8_e8m0, f8_e4m3fnuz, f8_e5m2fnuz,
  i16, u16, f16, bf16, i32, u32, f32, c64, f64, i64, u64,
};
// clang-format on

std::string_view dtype_name(Dtype dtype);                       // as in a safetensors header: "BF16"
std::optional<Dtype> dtype_from_name(std::string_view name);    // of a header
std::optional<Dtype> dtype_from_option(std::string_view name);  // "bf16", "bfloat16", "float32", "f32" ...
int dtype_bits(Dtype dtype);
bool has_arithmetic(Dtype dtype);  // f16, bf16, f32, f64: the types evergreen computes with

// Values of an arithmetic dtype; `bytes` holds values.size() elements, little-endian, of any alignment.
void decode(Dtype dtype, std::span<const std::byte> bytes, std::span<double> values);
void encode(Dtype dtype, std::span<const double> values, std::span<std::byte> bytes);

uint16_t bf16_from_double(double value);
uint16_t f16_from_double(double value);
double double_from_bf16(uint16_t bits);
double double_from_f16(uint16_t bits);

}  // namespace evergreen
