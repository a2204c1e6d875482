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
using Block = std::function<at::Tensor(const at::Tensor&)>;

struct BlockHolder : torch::CustomClassHolder {
  explicit BlockHolder(Block b) : block(std::move(b)) {}
  Block block;
};

struct Recomputed : torch::autograd::Function<Recomputed> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Block& block) {
    context->save_for_backward({x});
    context->saved_data["block"] = c10::IValue::make_capsule(c10::make_intrusive<BlockHolder>(block));
    return block(x.detach());  // gradients are off in here: the block's inner tensors are freed as it goes
  }

  static variable_list backward(AutogradContext* context, variable_list upstream) {
    const auto holder = context->saved_data["block"].toCapsule();
    const at::Tensor x = context->get_saved_variables()[0].detach().requires_grad_();
    const at::AutoGradMode with_gradients(true);
    const at::Tensor y = static_cast<BlockHolder*>(holder.get())->block(x);
    torch::autograd::backward({y}, {upstream[0]});
    return {x.grad(), {}};
  }
};

}  // namespace

at::Tensor recomputed(const Block& block, const at::Tensor& x) {
  return at::GradMode::is_enabled() && x.requires_grad() ? Recomputed::apply(x, block) : block(x);
}

}  // namespace evergreen::kernels
