#include "evergreen/train/metrics.hpp"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(Metrics, LinesAfterTheLastSavedStepAndHalfLinesAreDropped) {
  const test::TempDir dir;
  {
    MetricsFile file(dir / "m.jsonl", 0);
    for (int64_t step = 1; step <= 5; ++step)
      file.add(StepMetrics{step, 10 * step, 1.0 / static_cast<double>(step), 0, 0, 0});
    file.add(ValidationMetrics{3, {{"new", 2.5}}});
  }
  File(dir / "m.jsonl", File::Mode::append).write("{\"step\": 6, \"lo");
  MetricsFile file(dir / "m.jsonl", 3);
  file.add(StepMetrics{4, 40, 0.5, 0, 0, 0});
  const std::vector<StepMetrics> steps = read_step_metrics(dir / "m.jsonl");
  ASSERT_EQ(steps.size(), 4U);
  EXPECT_EQ(steps.back().loss, 0.5);
  EXPECT_EQ(read_validation_metrics(dir / "m.jsonl").front().loss.at("new"), 2.5);
}

}  // namespace evergreen
