// Several checkpoints side by side: how far each is from one of them, and which ways they went.
//
//   reference X0         the base that is given, or else the first checkpoint
//   relative norm        |X_i - X0| / |X0|
//   direction D_i        X_i - X0 for models; a stored residual is its own direction
//   cosine               of D_i and D_j: 1 where two went the same way, 0 where they have nothing in common
//
// A stored residual stands for base + R: with a base its relative norm is |R| / |base|. Without a base residuals
// are compared with residuals (relative norm: |R_i - R_0| / |R_0|), and models with models.
//
// Errors    Error{usage} for residuals and models without a base; Error{input} for checkpoints that do not fit together.
#pragma once

#include "evergreen/residual/inspect.hpp"

namespace evergreen {

struct ComparedCheckpoint {
  CheckpointSummary summary;
  std::optional<double> relative;              // none where the reference is 0
  std::optional<double> norm;                  // |D_i|; none for the reference
  std::vector<std::optional<double>> cosines;  // with the direction of each checkpoint, in order
  std::vector<std::optional<double>> layers;   // relative norm by layer
};

struct CheckpointComparison {
  std::string reference;  // its path
  bool with_base = false;
  std::vector<ComparedCheckpoint> checkpoints;
  std::vector<uint64_t> layers;
  std::vector<NotFiniteTensor> not_finite;
  std::vector<std::string> notes;
  uint64_t bytes_read = 0;
  double seconds = 0;
};

// `base` may be null. options.sample is not used.
CheckpointComparison compare(const std::vector<const CheckpointReader*>& checkpoints,
                             const CheckpointReader* base, const InspectOptions& options = {});

std::string to_json_text(const CheckpointComparison& comparison);

}  // namespace evergreen
