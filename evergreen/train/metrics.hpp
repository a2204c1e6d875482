// metrics.jsonl of a run: one JSON object a line, appended as training goes.
//
//   {"step": 10, "loss": 2.31, "gradient_norm": 0.9, "learning_rate": 2e-05, "tokens": 163840, "tokens_per_second": 4100.0, ...}
//   {"step": 10, "validation": {"new": 2.40}}
//
// `step` counts finished steps, `tokens` all tokens seen so far, `loss` is the mean over the step's targets (nats).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

struct StepMetrics {
  int64_t step = 0, tokens = 0;
  double loss = 0, gradient_norm = 0, learning_rate = 0, tokens_per_second = 0;
  double flops_per_second = 0;  // 6 for each token and weight in a matrix product; attention not counted
  int64_t peak_memory = 0;      // so far, bytes: of the process, or on its GPU
  int64_t bytes_sent = 0;       // by rank 0 to others, in this step
  double waited_seconds = 0;    // of the step, for other ranks and what they send
  std::string left_out = {};    // why the guard left the step out; then it has no loss
  double mfu = 0;  // flops_per_second over the peak of all devices (speed.hpp); 0: the peak is not known
};

// The same by TensorBoard tag.
std::vector<std::pair<std::string, double>> scalars(const StepMetrics& metrics);

struct ValidationMetrics {
  int64_t step = 0;
  std::map<std::string, double> loss;  // mean over the targets of each set, nats
};

class MetricsFile {
 public:
  // Opens or makes the file; lines of steps after `last_step` (from a run that was killed) are dropped.
  MetricsFile(const fs::path& path, int64_t last_step);
  void add(const StepMetrics& metrics);
  void add(const ValidationMetrics& metrics);

 private:
  File file_;
};

std::vector<StepMetrics> read_step_metrics(const fs::path& path);
std::vector<ValidationMetrics> read_validation_metrics(const fs::path& path);

}  // namespace evergreen
