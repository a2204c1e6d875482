#include "evergreen/train/adamw.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {

TEST(AdamW, TwoStepsFollowTheFormulaInFloat64) {
  Parameters parameters = init_parameters(test::tiny_config(), 1, at::kFloat);
  const std::string name = "model.layers.0.mlp.up_proj.weight", norm = "model.norm.weight";
  const AdamWOptions options{.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1};
  const double w0 = parameters.at(name).view(-1)[0].item<double>();
  AdamW optimizer(parameters, options);
  double w = w0, m = 0, v = 0;
  for (int step = 1; step <= 2; ++step) {
    const double g = 0.5 * step;
    parameters.at(name).mutable_grad() = at::full_like(parameters.at(name), g);
    parameters.at(norm).mutable_grad() = at::zeros_like(parameters.at(norm));
    optimizer.step(0.01);
    w *= 1 - 0.01 * 0.1;
    m = 0.9 * m + 0.1 * g;
    v = 0.95 * v + 0.05 * g * g;
    w -= 0.01 * (m / (1 - std::pow(0.9, step))) / (std::sqrt(v / (1 - std::pow(0.95, step))) + 1e-8);
  }
  EXPECT_NEAR(parameters.at(name).view(-1)[0].item<double>(), w, 1e-7);
  EXPECT_EQ(parameters.at(norm).view(-1)[0].item<double>(), 1.0) << "norms are not decayed";
}

TEST(AdamW, TheScaleOfClippingIsThatOfTheGradients) {
  Parameters one = init_parameters(test::tiny_config(), 1, at::kFloat),
             other = init_parameters(test::tiny_config(), 1, at::kFloat);
  AdamW first(one, {}), second(other, {});
  for (const ParameterInfo& info : one.table()) {
    const at::Tensor gradient = at::randn_like(one.at(info.name));
    one.at(info.name).mutable_grad() = gradient * 0.25;
    other.at(info.name).mutable_grad() = gradient;
  }
  first.step(0.01);
  second.step(0.01, 0.25);
  for (const ParameterInfo& info : one.table()) {
    EXPECT_TRUE(at::equal(one.at(info.name), other.at(info.name))) << info.name;
  }
}

TEST(AdamW, ClippingScalesToTheNormAndNamesWhatIsNotFinite) {
  Parameters parameters = init_parameters(test::tiny_config(), 1, at::kFloat);
  parameters.at("model.norm.weight").mutable_grad() = at::full_like(parameters.at("model.norm.weight"), 3.0);
  const double norm = gradient_norm(parameters);
  EXPECT_NEAR(norm, 3.0 * std::sqrt(16.0), 1e-12);
  EXPECT_NEAR(norm * clip_factor(norm, 1.0), 1.0, 1e-6);
  EXPECT_EQ(clip_factor(norm, 20.0), 1.0);
  EXPECT_EQ(clip_factor(norm, 0.0), 1.0) << "0 is no clipping";
  parameters.at("model.norm.weight").mutable_grad()[2] = INFINITY;
  test::expect_error(ErrorKind::input, "the gradient of 'model.norm.weight' is not finite",
                     [&] { gradient_norm(parameters); });
}

}  // namespace evergreen
