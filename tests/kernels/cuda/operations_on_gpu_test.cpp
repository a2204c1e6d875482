#include "evergreen/kernels/adamw.hpp"
#include "evergreen/kernels/mlp_block.hpp"
#include "evergreen/kernels/norm_qkv.hpp"
#include "evergreen/kernels/paged_attention.hpp"
#include "evergreen/kernels/rms_norm.hpp"
#include "evergreen/kernels/rope.hpp"
#include "tests/kernels/cuda/on_gpu.hpp"

namespace evergreen::test {
namespace {

TEST_F(OnGpu, RmsNormEqualsItsReferenceWithAllGradients) {
  for (const int64_t width : {3, 512, 4096, 8200}) {
    expect_on_gpu([](const Tensors& in) { return Tensors{kernels::rms_norm(in[0], in[1], 1e-5)}; },
                  [](const Tensors& in) { return Tensors{kernels::rms_norm_reference(in[0], in[1], 1e-5)}; },
                  {random_tensor({301, width}, 1), random_tensor({width}, 2)});
  }
}

TEST_F(OnGpu, RopeEqualsItsReferenceWithTheGradient) {
  for (const int64_t half : {3, 32, 64}) {
    const at::Tensor turns = random_tensor({57, half}, 4);
    const auto turn = [&](auto function) -> Operation {
      return [=](const Tensors& in) {
        const auto same = [&](const at::Tensor& t) { return t.to(at::kBFloat16).to(in[0].options()); };
        // Heads within longer rows, as those of queries beside keys and values.
        const at::Tensor heads = in[0].narrow(1, 2 * half, 3 * 2 * half).unflatten(1, {3, 2 * half});
        return Tensors{function(heads, same(turns.cos()), same(turns.sin()))};
      };
    };
    expect_on_gpu(turn(kernels::rope), turn(kernels::rope_reference), {random_tensor({57, 5 * 2 * half}, 1)});
  }
}

TEST_F(OnGpu, NormAndProjectionsEqualTheirReferenceWithAllGradients) {
  const auto project = [](auto function) -> Operation {
    return
        [=](const Tensors& in) { return Tensors{function(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]})}; };
  };
  expect_on_gpu(project(kernels::norm_qkv), project(kernels::norm_qkv_reference),
                {random_tensor({130, 96}, 1), random_tensor({96}, 2), random_tensor({96, 96}, 3, 0.1),
                 random_tensor({32, 96}, 4, 0.1), random_tensor({32, 96}, 5, 0.1)});
}

TEST_F(OnGpu, MlpBlockEqualsItsReferenceWithAllGradients) {
  const auto block = [](auto function) -> Operation {
    return
        [=](const Tensors& in) { return Tensors{function(in[0], in[1], 1e-5, {in[2]}, {in[3]}, {in[4]})}; };
  };
  const auto fused = [&](kernels::MlpPass pass) {
    return block([pass](const at::Tensor& x, const at::Tensor& norm, double eps, const kernels::Linear& gate,
                        const kernels::Linear& up, const kernels::Linear& down) {
      return kernels::mlp_block(x, norm, eps, gate, up, down, pass);
    });
  };
  for (const kernels::MlpPass pass : {kernels::MlpPass::keep, kernels::MlpPass::make_again}) {
    expect_on_gpu(fused(pass), block(kernels::mlp_block_reference),
                  {random_tensor({130, 96}, 1), random_tensor({96}, 2), random_tensor({200, 96}, 3, 0.1),
                   random_tensor({200, 96}, 4, 0.1), random_tensor({96, 200}, 5, 0.1)});
  }
}

TEST_F(OnGpu, PagedAttentionEqualsItsReference) {
  const kernels::PagedSequences sequences{{0, 1, 6, 7}, {40, 13, 0}, {{7, 1, 4}, {0, 9}, {3}}};
  for (const int64_t width : {12, 64, 128}) {
    const Tensors inputs = {random_tensor({7, 8, width}, 1), random_tensor({10, 16, 2, width}, 2),
                            random_tensor({10, 16, 2, width}, 3)};
    for (const Precision& precision : kPrecisions) {
      const Tensors rounded = moved(inputs, at::kCPU, precision.type),
                    there = moved(rounded, at::Device(at::kCUDA, 0), precision.type),
                    exact = moved(rounded, at::kCPU, at::kDouble);
      ASSERT_TRUE(kernels::gpu_operations()->has_paged_attention(8, 2, width));
      const at::Tensor out = kernels::paged_attention(there[0], there[1], there[2], sequences);
      EXPECT_LE(relative_error(out.cpu(),
                               kernels::paged_attention_reference(exact[0], exact[1], exact[2], sequences)),
                precision.tolerance)
          << precision.type << " " << width;
    }
  }
}

// Losses in float32 and gradients in place of the logits, with z-loss; one token does not count.
TEST_F(OnGpu, CrossEntropyEqualsItsFormulaInFloat64) {
  for (const int64_t vocabulary : {1000, 1003, 128256}) {
    const at::Tensor targets = at::tensor({int64_t{0}, vocabulary - 1, int64_t{-100}, int64_t{77}});
    const at::Tensor counts = targets.ne(-100).to(at::kDouble);
    for (const Precision& precision : kPrecisions) {
      const at::Tensor logits = random_tensor({4, vocabulary}, 3, 4.0).to(precision.type);
      const at::Tensor exact = logits.to(at::kDouble).requires_grad_();
      const at::Tensor log_z = exact.logsumexp(1);
      const at::Tensor losses =
          (log_z - exact.gather(1, targets.clamp_min(0).unsqueeze(1)).squeeze(1)) * counts;
      (0.25 * (losses + 1e-3 * log_z.square() * counts)).sum().backward();
      at::Tensor on_gpu = logits.to(at::kCUDA);
      const at::Tensor got =
          kernels::gpu_operations()->cross_entropy(on_gpu, targets.to(at::kCUDA), -100, 0.25, 1e-3);
      EXPECT_LE(relative_error(got.cpu(), losses.detach()), 1e-5) << precision.type;
      EXPECT_LE(relative_error(on_gpu.cpu(), exact.grad()), precision.tolerance) << precision.type;
    }
  }
}

// The step on the CPU has been compared with float64 there: here the bits must be the same, those of stochastic rounding too.
TEST_F(OnGpu, AdamWHasTheBitsOfTheCpu) {
  const kernels::cpu::AdamWStep step{.rate = 0.01F,
                                     .kept = 0.999F,
                                     .one_minus_beta1 = 0.1F,
                                     .beta2 = 0.95F,
                                     .one_minus_beta2 = 0.05F,
                                     .eps = 1e-8F,
                                     .bias2_sqrt = 0.3F,
                                     .gradient_scale = 0.5F};
  const at::ScalarType mixtures[][2] = {
      {at::kFloat, at::kBFloat16}, {at::kBFloat16, at::kBFloat16}, {at::kBFloat16, at::kFloat}};
  for (const auto& [type, moments] : mixtures) {
    const at::ScalarType of_moments = type == at::kFloat ? at::kFloat : moments;
    const kernels::AdamWTensors cpu{random_tensor({100003}, 1).to(type),
                                    random_tensor({100003}, 2).to(at::kBFloat16),
                                    random_tensor({100003}, 3, 0.1).to(of_moments),
                                    random_tensor({100003}, 4, 0.1).square().to(of_moments)};
    const kernels::AdamWTensors gpu{cpu.value.to(at::kCUDA), cpu.gradient.to(at::kCUDA),
                                    cpu.exp_avg.to(at::kCUDA), cpu.exp_avg_sq.to(at::kCUDA)};
    const RandomStream rounding(42, "adamw.some.weight", 3);
    kernels::adamw_step(cpu, step, rounding);
    kernels::adamw_step(gpu, step, rounding);
    EXPECT_TRUE(at::equal(gpu.value.cpu(), cpu.value));
    EXPECT_TRUE(at::equal(gpu.exp_avg.cpu(), cpu.exp_avg));
    EXPECT_TRUE(at::equal(gpu.exp_avg_sq.cpu(), cpu.exp_avg_sq));
  }
}

}  // namespace
}  // namespace evergreen::test
