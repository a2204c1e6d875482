#include "evergreen/train/adamw.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/train/tiny_run.hpp"

namespace evergreen {

TEST(AdamW, TwoStepsFollowTheFormulaInFloat64) {
  Parameters parameters = init_parameters(test::tiny_config(), 1, at::kFloat);
  const std::string name = "model.layers.0.mlp.up_proj.weight", norm = "model.norm.weight";
  const AdamWOptions options{.beta1 = 0.9, .beta2 = 0.95, .eps = 1e-8, .weight_decay = 0.1};
  const double w0 = parameters.at(name).view(-1)[0].item<double>();
  AdamW optimizer(all_parameters(parameters), options);
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
  AdamW first(all_parameters(one), {}), second(all_parameters(other), {});
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

// Ranks that own ranges of a tensor make the step of the whole: also odd ranges, as stochastic bits come in pairs.
TEST(AdamW, RangesOfABfloat16TensorTakeTheStepsOfTheWhole) {
  const at::Tensor start = at::randn({1001}).to(at::kBFloat16),
                   gradient = at::randn({1001}).to(at::kBFloat16);
  const auto stepped = [&](const std::vector<int64_t>& bounds, uint64_t seed) {
    std::vector<at::Tensor> parts;
    for (size_t i = 0; i + 1 < bounds.size(); ++i) {
      const int64_t first = bounds[i], count = bounds[i + 1] - first;
      const at::Tensor part = start.narrow(0, first, count).clone().requires_grad_();
      AdamW optimizer({{"w", part, true, -1, {1001}, first}}, {}, {.seed = seed});
      for (int step = 0; step < 3; ++step) {
        part.mutable_grad() = gradient.narrow(0, first, count).clone();
        optimizer.step(1e-3);
      }
      parts.push_back(part.detach());
    }
    return at::cat(parts);
  };
  const at::Tensor whole = stepped({0, 1001}, 1);
  EXPECT_TRUE(at::equal(stepped({0, 7, 512, 1001}, 1), whole));
  EXPECT_FALSE(at::equal(stepped({0, 1001}, 2), whole)) << "another seed";
}

TEST(AdamW, NormsOfBfloat16GradientsAreSummedInFloat64) {
  const at::Tensor weight = at::zeros({200'000}, at::kBFloat16).requires_grad_();
  weight.mutable_grad() = at::full({200'000}, 0.5, at::kBFloat16);
  EXPECT_NEAR(gradient_norm({{"w", weight}}), 0.5 * std::sqrt(200'000.0), 1e-9);
}

TEST(AdamW, ClippingScalesToTheNormAndNamesWhatIsNotFinite) {
  Parameters parameters = init_parameters(test::tiny_config(), 1, at::kFloat);
  parameters.at("model.norm.weight").mutable_grad() = at::full_like(parameters.at("model.norm.weight"), 3.0);
  const TrainedTensors tensors = all_parameters(parameters);
  const double norm = gradient_norm(tensors);
  EXPECT_NEAR(norm, 3.0 * std::sqrt(16.0), 1e-12);
  EXPECT_NEAR(norm * clip_factor(norm, 1.0), 1.0, 1e-6);
  EXPECT_EQ(clip_factor(norm, 20.0), 1.0);
  EXPECT_EQ(clip_factor(norm, 0.0), 1.0) << "0 is no clipping";
  EXPECT_EQ(tensor_with_fault(tensors), "");
  parameters.at("model.norm.weight").mutable_grad()[2] = INFINITY;
  EXPECT_FALSE(std::isfinite(gradient_norm(tensors)));
  EXPECT_EQ(tensor_with_fault(tensors), "model.norm.weight");
}

}  // namespace evergreen
