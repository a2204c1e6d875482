#include "evergreen/train/speed.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"
#include "tests/train/tiny_run.hpp"

namespace evergreen {

TEST(Speed, SixOperationsForEachWeightInAMatrixProduct) {
  // Of a layer: q 16 x 16, k and v 8 x 16, o 16 x 16, three of 24 x 16; the head 40 x 16.
  EXPECT_EQ(flops_per_token(test::tiny_config()), 6.0 * (2 * (2 * 256 + 2 * 128 + 3 * 384) + 640));
}

TEST(Speed, PublishedRatesAreFoundByTheNamesThatCudaGives) {
  EXPECT_EQ(published_flops("NVIDIA H100 80GB HBM3"), 989e12);
  EXPECT_EQ(published_flops("NVIDIA H100 PCIe"), 756e12);
  EXPECT_EQ(published_flops("NVIDIA H200"), 989e12);
  EXPECT_EQ(published_flops("NVIDIA A100-SXM4-80GB"), 312e12);
  EXPECT_EQ(published_flops("NVIDIA L40S"), 362e12);
  EXPECT_EQ(published_flops("NVIDIA L400"), 0.0);
  EXPECT_EQ(published_flops("Tesla K80"), 0.0);
}

TEST(Speed, ACpusPeakIsMeasuredOnce) {
  const double rate = matrix_rate(at::kFloat);
  EXPECT_GT(rate, 1e8);
  EXPECT_EQ(matrix_rate(at::kFloat), rate);
  EXPECT_EQ(peak_flops(at::kCPU, at::kFloat), rate);
}

TEST(Speed, UtilisationIsInTheMetricsWhereThePeakIsKnown) {
  const test::TempDir dir;
  const TokenStore store(test::write_tiny_store(dir / "s.tok"));
  for (const double peak : {0.0, 1e15}) {
    Decoder decoder = test::tiny_decoder(1);
    TrainOptions options = test::tiny_options();
    options.steps = 2, options.peak_flops = peak;
    std::string detail;
    const fs::path run = dir / (peak > 0 ? "known" : "unknown");
    train(run, decoder, {{{&store}}, {}, "hash"}, options, nullptr,
          [&](const ProgressUpdate& update) { detail = update.detail; });
    for (const StepMetrics& step : read_step_metrics(run / "metrics.jsonl"))
      EXPECT_DOUBLE_EQ(step.mfu, peak > 0 ? step.flops_per_second / peak : 0);
    EXPECT_EQ(detail.find("mfu") != std::string::npos, peak > 0) << detail;
    EXPECT_NE(detail.find("MB"), std::string::npos) << detail;
  }
}

}  // namespace evergreen
