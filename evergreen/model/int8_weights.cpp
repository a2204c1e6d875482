#include "evergreen/model/int8_weights.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "evergreen/base/error.hpp"
#include "evergreen/model/cpu_decoder.hpp"
#include "evergreen/model/huge_pages.hpp"

namespace evergreen {
namespace {

void round_row(const float* row, int64_t count, int8_t* out, float& scale) {
  float largest = 0;
  for (int64_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(row[i]));
  scale = largest / 127;
  const float inverse = largest > 0 ? 127 / largest : 0;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<int8_t>(std::clamp(std::nearbyint(row[i] * inverse), -127.0F, 127.0F));
}

}  // namespace

Int8Matrix int8_matrix(const at::Tensor& weight_OI) {
  const at::Tensor source = weight_OI.detach().contiguous();
  const int64_t rows = source.size(0), inner = source.size(1);
  Int8Matrix matrix{at::empty({rows, inner}, at::kChar), at::empty({rows}, at::kFloat)};
  auto* weights = matrix.weight_OI.data_ptr<int8_t>();
  prefer_huge_pages(weights, matrix.weight_OI.nbytes());
  const auto* from = source.const_data_ptr<float>();
  auto* scales = matrix.scale_O.data_ptr<float>();
  at::parallel_for(0, rows, std::max<int64_t>(1, 65536 / inner), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      round_row(from + row * inner, inner, weights + row * inner, scales[row]);
  });
  return matrix;
}

Int8Weights int8_weights(const Decoder& decoder) {
  if (!CpuDecoder::serves(decoder)) {
    throw Error(ErrorKind::usage, "int8 weights are for float32 models on a CPU", {},
                "leave out --weights int8");
  }
  Int8Weights weights;
  for (const CpuDecoder::Layer& layer : CpuDecoder::layers_of(decoder)) {
    weights.layers.push_back(
        {int8_matrix(layer.qkv), int8_matrix(layer.o), int8_matrix(layer.gate_up), int8_matrix(layer.down)});
  }
  weights.head = int8_matrix(decoder.parameters().head());
  return weights;
}

}  // namespace evergreen
