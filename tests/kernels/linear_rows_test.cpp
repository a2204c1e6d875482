#include "evergreen/kernels/cpu/linear_rows.hpp"

#include "tests/kernels/against_reference.hpp"

namespace evergreen::test {
namespace {

using kernels::cpu::LinearRows;

at::Tensor by_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   const at::Tensor& base) {
  at::Tensor y = base.defined() ? base.clone() : at::full({x.size(0), weight.size(0)}, 7.0F);
  const LinearRows linear{x.const_data_ptr<float>(),
                          x.stride(0),
                          x.size(0),
                          x.size(1),
                          weight.const_data_ptr<float>(),
                          weight.stride(0),
                          bias.defined() ? bias.const_data_ptr<float>() : nullptr,
                          y.data_ptr<float>(),
                          y.stride(0),
                          base.defined()};
  kernels::cpu::linear_rows(linear, weight.size(0));
  return y;
}

at::Tensor by_int8_rows(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& scale,
                        const at::Tensor& bias) {
  at::Tensor y = at::full({x.size(0), weight.size(0)}, 7.0F);
  LinearRows linear{
      x.const_data_ptr<float>(),    x.stride(0),         x.size(0),  x.size(1), nullptr, weight.stride(0),
      bias.const_data_ptr<float>(), y.data_ptr<float>(), y.stride(0)};
  linear.int8_weight = weight.const_data_ptr<int8_t>();
  linear.scale = scale.const_data_ptr<float>();
  kernels::cpu::linear_rows(linear, weight.size(0));
  return y;
}

void for_targets(const std::function<void(const char*)>& test) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    test(hwy::TargetName(target));
  }
  hwy::SetSupportedTargetsForTest(0);
}

TEST(LinearRows, EqualsAProductInDoublePrecision) {
  for_targets([](const char* target) {
    for (const int64_t rows : {1, 2, 3, 4, 7, 8, 11, 16, 64, 70}) {
      for (const auto& [inner, outputs] :
           {std::pair<int64_t, int64_t>{5, 3}, {64, 17}, {100, 25}, {1100, 9}}) {
        const at::Tensor x = random_tensor({rows, inner + 3}, 1).narrow(1, 2, inner),
                         w = random_tensor({outputs, inner}, 2), bias = random_tensor({outputs}, 3),
                         base = random_tensor({rows, outputs}, 4);
        const at::Tensor product = at::linear(x.to(at::kDouble), w.to(at::kDouble));
        EXPECT_LE(relative_error(by_rows(x, w, {}, {}), product), 1e-6)
            << target << " " << rows << " " << inner;
        EXPECT_LE(relative_error(by_rows(x, w, bias, base), product + bias + base), 1e-6)
            << target << " " << rows;
      }
    }
  });
}

TEST(LinearRows, WholeNumbersOfEightBitsAreScaledByOutput) {
  for_targets([](const char* target) {
    for (const int64_t rows : {1, 2, 3, 4, 7, 16, 70}) {
      for (const auto& [inner, outputs] :
           {std::pair<int64_t, int64_t>{5, 3}, {64, 17}, {100, 25}, {1100, 9}}) {
        const at::Tensor x = random_tensor({rows, inner}, 1), scale = random_tensor({outputs}, 2).abs(),
                         w = (random_tensor({outputs, inner}, 3) * 50).clamp(-127, 127).to(at::kChar),
                         bias = random_tensor({outputs}, 4), y = by_int8_rows(x, w, scale, bias);
        const at::Tensor product =
            at::linear(x.to(at::kDouble), w.to(at::kDouble) * scale.to(at::kDouble).unsqueeze(1));
        EXPECT_LE(relative_error(y, product + bias), 1e-6) << target << " " << rows << " " << inner;
        EXPECT_TRUE(
            at::equal(by_int8_rows(x.narrow(0, rows - 1, 1), w, scale, bias), y.narrow(0, rows - 1, 1)))
            << target << " " << rows;
      }
    }
  });
}

TEST(LinearRows, ARowDoesNotDependOnTheRowsBesideItNorOnThreads) {
  const int before = at::get_num_threads();
  for_targets([](const char* target) {
    const at::Tensor x = random_tensor({70, 1100}, 1), w = random_tensor({200, 1100}, 2);
    at::set_num_threads(1);
    const at::Tensor all = by_rows(x, w, {}, {});
    at::set_num_threads(3);
    for (const int64_t rows : {1, 2, 3, 5, 9, 16, 33, 70}) {
      const int64_t first = 70 - rows;
      EXPECT_TRUE(at::equal(by_rows(x.narrow(0, first, rows), w, {}, {}), all.narrow(0, first, rows)))
          << target << " " << rows;
    }
  });
  at::set_num_threads(before);
}

}  // namespace
}  // namespace evergreen::test
