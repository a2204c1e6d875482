#include "evergreen/kernels/recompute.hpp"

#include <utility>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

namespace evergreen::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct BlockHolder : torch::CustomClassHolder {
  explicit BlockHolder(Block b) : block(std::move(b)) {}
  Block block;
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Block& block,
                            const Block& again) {
    context->save_for_backward({x});
    context->saved_data["again"] = c10::IValue::make_capsule(c10::make_intrusive<BlockHolder>(again));
    return block(x.detach());  // gradients are off in here: the block's inner tensors are freed as it goes
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const auto holder = context->saved_data["again"].toCapsule();
    const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_();
    const at::AutoGradMode with_gradients(true);
    const at::Tensor y = static_cast<BlockHolder*>(holder.get())->block(x);
    torch::autograd::backward({y}, {upstream[0]});
    return {x.grad(), {}, {}};
  }
};

}  // namespace

at::Tensor recomputed(const Block& block, const Block& again, const at::Tensor& x) {
  return at::GradMode::is_enabled() && x.requires_grad() ? Recomputed::apply(x, block, again) : block(x);
}

at::Tensor recomputed(const Block& block, const at::Tensor& x) { return recomputed(block, block, x); }

}  // namespace evergreen::kernels
