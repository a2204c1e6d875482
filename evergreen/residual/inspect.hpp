// Looking at a checkpoint, or at a residual and what CPT does beside it; nothing is written.
//
//   R = instruct - base, or a stored residual         what instruction tuning added
//   S = new_base - base                               what CPT added
//   |R| / |base|, |S| / |base|                        Frobenius norms, over a tensor, a layer, a kind or everything
//   cos(R, S)                                         how much the two interfere: 0 where they do not touch each other
//   changed                                           share of the elements that instruct stores as another number than
//                                                     base; of a stored residual: where base + R, rounded, is not base
//   effective rank                                    of the matrices of R, sampled (effective_rank.hpp)
//
// Numbers   statistics.hpp. NaN and infinity are counted, with the first place in each tensor, and left out.
// Memory    constant. Files are read once, and the sampled rows a second time.
// Errors    Error{input} for checkpoints that do not fit together (compatibility.hpp).
#pragma once

#include "evergreen/residual/inspect_report.hpp"

namespace evergreen {

struct InspectOptions {
  RankSample sample = {};  // rows 0: no effective ranks
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

// A model's weights, or a stored residual without its base.
InspectReport inspect(const CheckpointReader& checkpoint, const InspectOptions& options = {});

// R of `instruct` (a model, or a stored residual); with `new_base` also S.
InspectReport inspect_residual(const CheckpointReader& base, const CheckpointReader& instruct,
                               const CheckpointReader* new_base, const InspectOptions& options = {});

}  // namespace evergreen
