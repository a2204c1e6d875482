#include "evergreen/kernels/attention.hpp"

#include <cmath>
#include <limits>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace evergreen::kernels {
namespace {

// [L, H, E] queries that are the last L of the [T, K, E] keys' tokens.
at::Tensor attend(const at::Tensor& q_LHE, const at::Tensor& k_TKE, const at::Tensor& v_TKE) {
  const int64_t length = q_LHE.size(0), total = k_TKE.size(0), group = q_LHE.size(1) / k_TKE.size(1);
  const at::ScalarType type = q_LHE.scalar_type(), wide = c10::promoteTypes(type, at::kFloat);
  const auto heads_first = [&](const at::Tensor& x, int64_t repeats) {
    return x.to(wide).repeat_interleave(repeats, 1).transpose(0, 1);
  };
  const at::Tensor q = heads_first(q_LHE, 1), k = heads_first(k_TKE, group), v = heads_first(v_TKE, group);
  const at::Tensor hidden = at::ones({length, total}, q.options().dtype(at::kBool)).triu(total - length + 1);
  const at::Tensor scores = at::matmul(q, k.transpose(1, 2)) / std::sqrt(static_cast<double>(q_LHE.size(2)));
  const at::Tensor weights = scores.masked_fill(hidden, -std::numeric_limits<double>::infinity()).softmax(-1);
  return at::matmul(weights, v).transpose(0, 1).to(type);
}

// Rows of x (and rows of zeros) in another order; each row of x occurs exactly once, so that the gradient is the same in reverse.
struct Reorder : torch::autograd::Function<Reorder> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x,
                            const at::Tensor& to, const at::Tensor& back) {
    context->save_for_backward({to, back});
    return gather(x, to);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list upstream) {
    return {gather(upstream[0], context->get_saved_variables()[1]), {}, {}};
  }
  // The index behind the last row is a row of zeros.
  static at::Tensor gather(const at::Tensor& x, const at::Tensor& index) {
    std::vector<int64_t> zero = x.sizes().vec();
    zero[0] = 1;
    return at::cat({x, at::zeros(zero, x.options())}).index_select(0, index);
  }
};

}  // namespace

at::Tensor packed_attention_reference(const at::Tensor& q_NHE, const at::Tensor& k_NKE,
                                      const at::Tensor& v_NKE, const std::vector<int64_t>& cu_seqlens) {
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
    parts.push_back(attend(q_NHE.narrow(0, first, length), k_NKE.narrow(0, first, length),
                           v_NKE.narrow(0, first, length)));
  }
  return at::cat(parts);
}

at::Tensor cached_attention_reference(const at::Tensor& q_NHE, const std::vector<at::Tensor>& keys_TKE,
                                      const std::vector<at::Tensor>& values_TKE,
                                      const std::vector<int64_t>& cu_seqlens) {
  std::vector<at::Tensor> parts;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    const int64_t first = cu_seqlens[s], length = cu_seqlens[s + 1] - first;
    parts.push_back(attend(q_NHE.narrow(0, first, length), keys_TKE[s], values_TKE[s]));
  }
  return at::cat(parts);
}

at::Tensor packed_attention(const at::Tensor& q_NHE, const at::Tensor& k_NKE, const at::Tensor& v_NKE,
                            const std::vector<int64_t>& cu_seqlens) {
  // Sequences side by side, filled up with zeros behind: a query sees earlier tokens only, so it never sees the filling.
  const auto sequences = static_cast<int64_t>(cu_seqlens.size()) - 1;
  int64_t longest = 0;
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s)
    longest = std::max(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
  const int64_t tokens = q_NHE.size(0);
  at::Tensor to = at::full({sequences * longest}, tokens, at::kLong), back = at::empty({tokens}, at::kLong);
  for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
    for (int64_t i = cu_seqlens[s]; i < cu_seqlens[s + 1]; ++i) {
      const int64_t place = static_cast<int64_t>(s) * longest + i - cu_seqlens[s];
      to.mutable_data_ptr<int64_t>()[place] = i;
      back.mutable_data_ptr<int64_t>()[i] = place;
    }
  }
  to = to.to(q_NHE.device());
  back = back.to(q_NHE.device());
  const auto side_by_side = [&](const at::Tensor& x) {
    return Reorder::apply(x, to, back).view({sequences, longest, x.size(1), x.size(2)}).transpose(1, 2);
  };
  const bool grouped = q_NHE.size(1) != k_NKE.size(1);
  const at::Tensor out = at::scaled_dot_product_attention(
      side_by_side(q_NHE), side_by_side(k_NKE), side_by_side(v_NKE), {}, 0.0, true, std::nullopt, grouped);
  return Reorder::apply(out.transpose(1, 2).reshape({sequences * longest, q_NHE.size(1), q_NHE.size(2)}),
                        back, to);
}

}  // namespace evergreen::kernels
