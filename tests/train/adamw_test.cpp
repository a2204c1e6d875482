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

TEST(AdamW, ClippingScalesToTheNormAndNamesWhatIsNotFinite) {
  Parameters parameters = init_parameters(test::tiny_config(), 1, at::kFloat);
  parameters.at("model.norm.weight").mutable_grad() = at::full_like(parameters.at("model.norm.weight"), 3.0);
  const double norm = gradient_norm(parameters);
  EXPECT_NEAR(norm, 3.0 * std::sqrt(16.0), 1e-12);
  clip_gradients(parameters, norm, 1.0);
  EXPECT_NEAR(gradient_norm(parameters), 1.0, 1e-6);
  parameters.at("model.norm.weight").mutable_grad()[2] = INFINITY;
  test::expect_error(ErrorKind::input, "the gradient of 'model.norm.weight' is not finite",
                     [&] { gradient_norm(parameters); });
}

}  // namespace evergreen
