// Looking at checkpoints: what is in one, and how far two are apart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evergreen/residual/residual_report.hpp"

namespace evergreen {

struct CheckpointSummary {
  std::string path, kind;    // "model" or "residual"
  std::string architecture;  // of config.json; empty if it has none
  uint64_t parameters = 0, bytes = 0;
  std::map<std::string, uint64_t> parameters_by_dtype;
  std::vector<std::string> shards;
  std::vector<TensorInfo> tensors;
};

struct InspectOptions {
  int threads = 0;
  ProgressFn progress;
  const StopFlag* stop = nullptr;
};

CheckpointSummary inspect(const CheckpointReader& checkpoint);

// |instruct - base| / |base| by layer, by kind of module and by tensor; nothing is written.
ResidualReport inspect_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                            const InspectOptions& options = {});
// The same of a stored residual: against `base`, or, where that is null, its norms alone.
ResidualReport inspect_residual(const CheckpointReader& residual, const CheckpointReader* base,
                                const InspectOptions& options = {});

std::string to_json_text(const CheckpointSummary& summary);

}  // namespace evergreen
