#include "evergreen/kernels/adamw.hpp"

#include <string>

#include <ATen/ATen.h>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/cpu/parallel_rows.hpp"
#include "evergreen/kernels/cuda/adamw_maths.hpp"
#include "evergreen/kernels/gpu.hpp"

namespace evergreen::kernels {
namespace {

// The elements of a tensor, whichever of the two types they have.
class Elements {
 public:
  explicit Elements(const at::Tensor& x) {
    if (x.scalar_type() == at::kFloat) {
      floats_ = static_cast<float*>(x.data_ptr());
    } else {
      bfloat16s_ = static_cast<uint16_t*>(x.data_ptr());
    }
  }
  float at(int64_t i) const { return floats_ != nullptr ? floats_[i] : cuda::widened(bfloat16s_[i]); }
  void set(int64_t i, float x, bool stochastic, uint32_t random) const {
    if (floats_ != nullptr) {
      floats_[i] = x;
    } else {
      bfloat16s_[i] = cuda::rounded(x, stochastic, random);
    }
  }

 private:
  float* floats_ = nullptr;
  uint16_t* bfloat16s_ = nullptr;
};

// One element after the other by the functions that the kernel for GPUs is made of.
void step_elements(const AdamWTensors& tensors, const cpu::AdamWStep& step, const cuda::Rounding& rounding) {
  const Elements value(tensors.value), gradient(tensors.gradient), exp_avg(tensors.exp_avg),
      exp_avg_sq(tensors.exp_avg_sq);
  cpu::for_rows(tensors.value.numel(), 1, [&](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) {
      cuda::RandomBits random = {};
      const uint64_t number = rounding.first + static_cast<uint64_t>(i);
      if (rounding.stochastic) random = cuda::random_pair(rounding.stream, number / 2);
      const cuda::RoundingBits bits = cuda::rounding_bits(random, static_cast<int>(number & 1));
      const cuda::AdamWElement out =
          cuda::adamw_element({value.at(i), exp_avg.at(i), exp_avg_sq.at(i)}, gradient.at(i), step);
      value.set(i, out.value, rounding.stochastic, bits.value);
      exp_avg.set(i, out.exp_avg, rounding.stochastic, bits.exp_avg);
      exp_avg_sq.set(i, out.exp_avg_sq, rounding.stochastic, bits.exp_avg_sq);
    }
  });
}

void step_rows(const AdamWTensors& tensors, const cpu::AdamWStep& step) {
  auto* x = tensors.value.data_ptr<float>();
  const auto* g = tensors.gradient.const_data_ptr<float>();
  auto *m = tensors.exp_avg.data_ptr<float>(), *v = tensors.exp_avg_sq.data_ptr<float>();
  cpu::for_rows(tensors.value.numel(), 1, [&](int64_t first, int64_t count) {
    cpu::adamw_rows(x + first, g + first, m + first, v + first, count, step);
  });
}

bool is_plain(const at::Tensor& x, const at::Tensor& value) {
  return (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) && x.is_contiguous() &&
         x.sizes() == value.sizes() && x.device() == value.device();
}

}  // namespace

void adamw_step(const AdamWTensors& tensors, const cpu::AdamWStep& step,
                const std::optional<RandomStream>& rounding, uint64_t first) {
  const auto& [value, gradient, exp_avg, exp_avg_sq] = tensors;
  bool done = is_plain(value, value) && is_plain(gradient, value) && is_plain(exp_avg, value) &&
              is_plain(exp_avg_sq, value) && exp_avg.scalar_type() == exp_avg_sq.scalar_type();
  if (done && value.is_cpu()) {
    if (cpu::has_rows(value, gradient, exp_avg, exp_avg_sq)) return step_rows(tensors, step);
    cuda::Rounding how;
    if (rounding) how = {true, {rounding->key(), rounding->element()}, first};
    return step_elements(tensors, step, how);
  }
  done = done && gpu_operations() != nullptr &&
         gpu_operations()->adamw(value, gradient, exp_avg, exp_avg_sq, step, rounding, first);
  if (done) return;
  throw Error(ErrorKind::internal,
              std::string("AdamW has no step for values of ") + c10::toString(value.scalar_type()) +
                  ", gradients of " + c10::toString(gradient.scalar_type()) + " and moments of " +
                  c10::toString(exp_avg.scalar_type()),
              value.device().str());
}

AdamWTensors adamw_step_reference(const AdamWTensors& tensors, const cpu::AdamWStep& step) {
  const auto wide = [](const at::Tensor& x) { return x.to(at::kDouble); };
  const at::Tensor g = wide(tensors.gradient) * step.gradient_scale;
  const at::Tensor m = wide(tensors.exp_avg) + (g - wide(tensors.exp_avg)) * step.one_minus_beta1;
  const at::Tensor v = wide(tensors.exp_avg_sq) * step.beta2 + g * g * step.one_minus_beta2;
  const at::Tensor move = m * step.rate / (v.sqrt() / step.bias2_sqrt + step.eps);
  return {wide(tensors.value) * step.kept - move, {}, m, v};
}

}  // namespace evergreen::kernels
