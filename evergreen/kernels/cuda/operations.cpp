#include "evergreen/kernels/cuda/operations.hpp"

#include <cmath>
#include <string>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <cuda_runtime_api.h>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/cuda/launchers.hpp"

namespace evergreen::kernels::cuda {
namespace {

// LibTorch's current stream through the interface all its devices share: libc10_cuda need not be linked.
Stream stream_of(const at::Tensor& x) {
  return static_cast<Stream>(
      c10::impl::VirtualGuardImpl(x.device().type()).getStream(x.device()).native_handle());
}

Element element_of(const at::Tensor& x) {
  if (x.scalar_type() == at::kFloat) return Element::f32;
  if (x.scalar_type() == at::kBFloat16) return Element::bf16;
  throw Error(ErrorKind::internal, std::string("no kernel for GPUs takes ") + c10::toString(x.scalar_type()));
}

void require_launched(int status, const char* kernel) {
  if (status == 0) return;
  throw Error(
      ErrorKind::internal,
      std::string("the kernel cannot be started: ") + cudaGetErrorString(static_cast<cudaError_t>(status)),
      std::string("CUDA, ") + kernel);
}

void require_norm_width(int64_t width) {
  if (width <= kLargestNormWidth) return;
  throw Error(ErrorKind::input,
              "hidden states are " + std::to_string(width) + " wide, RMSNorm on GPUs takes up to " +
                  std::to_string(kLargestNormWidth),
              "RMSNorm", "train in float64 or on the CPU");
}

void run_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& y,
              const at::Tensor& inverse_rms, double eps, bool again) {
  const c10::DeviceGuard guard(x.device());
  const RmsNormForward norm{x.const_data_ptr(),
                            weight.const_data_ptr(),
                            y.mutable_data_ptr(),
                            static_cast<float*>(inverse_rms.data_ptr()),
                            x.size(0),
                            x.size(1),
                            static_cast<float>(eps),
                            again};
  require_launched(launch_rms_norm(element_of(x), norm, stream_of(x)), "RMSNorm");
}

cpu::Normed normed(const at::Tensor& x_ND, const at::Tensor& weight_D, double eps) {
  require_norm_width(x_ND.size(1));
  cpu::Normed out{at::empty_like(x_ND), at::empty({x_ND.size(0)}, x_ND.options().dtype(at::kFloat))};
  run_norm(x_ND, weight_D, out.y_ND, out.inverse_rms_N, eps, false);
  return out;
}

at::Tensor normed_again(const at::Tensor& x_ND, const at::Tensor& weight_D, const at::Tensor& inverse_rms_N) {
  at::Tensor out = at::empty_like(x_ND);
  run_norm(x_ND, weight_D, out, inverse_rms_N, 0, true);
  return out;
}

cpu::NormGradient normed_backward(const at::Tensor& grad_ND, const at::Tensor& x_ND,
                                  const at::Tensor& weight_D, const at::Tensor& inverse_rms_N,
                                  const at::Tensor& through_ND) {
  const c10::DeviceGuard guard(x_ND.device());
  const int64_t rows = x_ND.size(0), width = x_ND.size(1);
  const at::Tensor grad = grad_ND.contiguous();
  const at::Tensor through = through_ND.defined() ? through_ND.contiguous() : through_ND;
  const at::Tensor parts = at::empty({rms_norm_parts(rows), width}, x_ND.options().dtype(at::kFloat));
  cpu::NormGradient out{at::empty_like(x_ND), {}};
  const RmsNormBackward norm{grad.const_data_ptr(),
                             x_ND.const_data_ptr(),
                             weight_D.const_data_ptr(),
                             inverse_rms_N.const_data_ptr<float>(),
                             through.defined() ? through.const_data_ptr() : nullptr,
                             out.x_ND.mutable_data_ptr(),
                             parts.mutable_data_ptr<float>(),
                             rows,
                             width};
  require_launched(launch_rms_norm_backward(element_of(x_ND), norm, stream_of(x_ND)), "RMSNorm backward");
  out.weight_D = parts.sum(0).to(weight_D.scalar_type());
  return out;
}

at::Tensor rope(const at::Tensor& x_NHE, const at::Tensor& cos_NF, const at::Tensor& sin_NF, float sign) {
  const c10::DeviceGuard guard(x_NHE.device());
  at::Tensor out = at::empty(x_NHE.sizes(), x_NHE.options());
  const Rope call{x_NHE.const_data_ptr(),  cos_NF.const_data_ptr(),
                  sin_NF.const_data_ptr(), out.mutable_data_ptr(),
                  x_NHE.stride(0),         out.stride(0),
                  x_NHE.size(0),           x_NHE.size(1),
                  cos_NF.size(1),          sign};
  require_launched(launch_rope(element_of(x_NHE), call, stream_of(x_NHE)), "RoPE");
  return out;
}

at::Tensor swiglu(const at::Tensor& gate_up_NI) {
  const c10::DeviceGuard guard(gate_up_NI.device());
  const int64_t inner = gate_up_NI.size(1) / 2;
  at::Tensor out = at::empty({gate_up_NI.size(0), inner}, gate_up_NI.options());
  const Swiglu call{gate_up_NI.const_data_ptr(), out.mutable_data_ptr(), gate_up_NI.size(0), inner};
  require_launched(launch_swiglu(element_of(out), call, stream_of(out)), "SwiGLU");
  return out;
}

void swiglu_backward(at::Tensor& grad_NI, at::Tensor& gate_up_NI) {
  const c10::DeviceGuard guard(grad_NI.device());
  const SwigluBackward call{grad_NI.mutable_data_ptr(), gate_up_NI.mutable_data_ptr(), grad_NI.size(0),
                            grad_NI.size(1)};
  require_launched(launch_swiglu_backward(element_of(grad_NI), call, stream_of(grad_NI)), "SwiGLU backward");
}

at::Tensor cross_entropy(at::Tensor& logits_CV, const at::Tensor& targets_C, int64_t ignored, double weight,
                         double z_loss) {
  const c10::DeviceGuard guard(logits_CV.device());
  at::Tensor losses = at::empty({logits_CV.size(0)}, logits_CV.options().dtype(at::kFloat));
  const CrossEntropy call{logits_CV.mutable_data_ptr(),
                          targets_C.const_data_ptr<int64_t>(),
                          losses.mutable_data_ptr<float>(),
                          logits_CV.size(0),
                          logits_CV.size(1),
                          ignored,
                          static_cast<float>(weight),
                          static_cast<float>(z_loss)};
  require_launched(launch_cross_entropy(element_of(logits_CV), call, stream_of(logits_CV)), "cross-entropy");
  return losses;
}

bool adamw(const at::Tensor& value, const at::Tensor& gradient, const at::Tensor& exp_avg,
           const at::Tensor& exp_avg_sq, const cpu::AdamWStep& step,
           const std::optional<RandomStream>& rounding, uint64_t first) {
  const AdamWArrays arrays{value.mutable_data_ptr(),
                           gradient.const_data_ptr(),
                           exp_avg.mutable_data_ptr(),
                           exp_avg_sq.mutable_data_ptr(),
                           value.numel(),
                           element_of(value),
                           element_of(gradient),
                           element_of(exp_avg)};
  if (!has_adamw(arrays.value_element, arrays.gradient_element, arrays.moment_element)) return false;
  const c10::DeviceGuard guard(value.device());
  Rounding how;
  if (rounding) how = {true, {rounding->key(), rounding->element()}, first};
  require_launched(launch_adamw(arrays, step, how, stream_of(value)), "AdamW");
  return true;
}

at::Tensor paged_attention(const at::Tensor& q_NHE, const at::Tensor& keys_PTKE,
                           const at::Tensor& values_PTKE, const PageTable& table) {
  const c10::DeviceGuard guard(q_NHE.device());
  at::Tensor out = at::empty(q_NHE.sizes(), q_NHE.options());
  const PagedAttention call{q_NHE.const_data_ptr(),
                            keys_PTKE.const_data_ptr(),
                            values_PTKE.const_data_ptr(),
                            table.pages_SM.const_data_ptr<int32_t>(),
                            table.sequence_N.const_data_ptr<int32_t>(),
                            table.keys_N.const_data_ptr<int32_t>(),
                            out.mutable_data_ptr(),
                            q_NHE.size(0),
                            q_NHE.size(1),
                            keys_PTKE.size(2),
                            q_NHE.size(2),
                            keys_PTKE.size(1),
                            q_NHE.stride(0),
                            table.pages_SM.stride(0),
                            static_cast<float>(1 / std::sqrt(static_cast<double>(q_NHE.size(2))))};
  require_launched(launch_paged_attention(element_of(q_NHE), call, stream_of(q_NHE)), "paged attention");
  return out;
}

std::string device_name(int index) {
  cudaDeviceProp properties{};
  return cudaGetDeviceProperties(&properties, index) == cudaSuccess ? properties.name : "";
}

}  // namespace
}  // namespace evergreen::kernels::cuda

extern "C" const evergreen::kernels::cuda::Operations& evergreen_cuda_operations() {
  using namespace evergreen::kernels::cuda;
  static const Operations table{
      normed, normed_again,        normed_backward, rope,       swiglu, swiglu_backward, cross_entropy,
      adamw,  has_paged_attention, paged_attention, device_name};
  return table;
}
