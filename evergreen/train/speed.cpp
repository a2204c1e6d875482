#include "evergreen/train/speed.hpp"

#include <sys/resource.h>

#include "evergreen/model/parameter_table.hpp"

namespace evergreen {

double flops_per_token(const ModelConfig& config) {
  double weights =
      static_cast<double>(config.vocab_size) * static_cast<double>(config.hidden_size);  // the head
  for (const ParameterInfo& info : parameter_table(config)) {
    if (info.name.ends_with("_proj.weight"))
      weights += static_cast<double>(info.shape[0]) * static_cast<double>(info.shape[1]);
  }
  return 6 * weights;
}

int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

}  // namespace evergreen
