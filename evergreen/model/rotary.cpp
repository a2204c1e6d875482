#include "evergreen/model/rotary.hpp"

#include <numbers>

#include <ATen/ATen.h>

namespace evergreen {
namespace {

at::Tensor llama3_scaled(const at::Tensor& frequencies, const RopeScaling& s) {
  const auto old_length = static_cast<double>(s.original_max_position_embeddings);
  const double low_wavelength = old_length / s.low_freq_factor,
               high_wavelength = old_length / s.high_freq_factor;
  const at::Tensor wavelength = 2 * std::numbers::pi / frequencies;
  const at::Tensor slow = at::where(wavelength > low_wavelength, frequencies / s.factor, frequencies);
  const at::Tensor share =
      (old_length / wavelength - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
  const at::Tensor smooth = (1 - share) * slow / s.factor + share * slow;
  const at::Tensor medium =
      (wavelength < high_wavelength).logical_not() & (wavelength > low_wavelength).logical_not();
  return at::where(medium, smooth, slow);
}

}  // namespace

at::Tensor inverse_frequencies(const ModelConfig& config) {
  const at::Tensor exponents = at::arange(0, config.head_dim, 2, at::kLong).to(at::kFloat) / config.head_dim;
  const at::Tensor frequencies = 1.0 / at::pow(config.rope_theta, exponents);
  return config.rope_scaling ? llama3_scaled(frequencies, *config.rope_scaling) : frequencies;
}

RotaryAngles rotary_angles(const at::Tensor& positions_N, const at::Tensor& inverse_frequencies,
                           at::ScalarType type) {
  const at::Tensor angles = positions_N.to(at::kFloat).unsqueeze(1) * inverse_frequencies;
  return {angles.cos().to(type), angles.sin().to(type)};
}

}  // namespace evergreen
