// Sums over all elements of several checkpoints, tensor by tensor, in one pass over their files.
//
//   direction   v_k = a_k - b_k, or a_k alone          a residual, the shift of CPT, or weights as they are
//   products    P_kl = sum of v_k * v_l                so |v_k| = sqrt(P_kk), cos(v_k, v_l) = P_kl / sqrt(P_kk P_ll)
//   changed     elements where a_k and b_k are not the same number; or, with `onto`, where onto + v_k, rounded to
//               the dtype of `onto`, is not what `onto` holds
//
// Numbers   float64. The sums are taken in one fixed order of fixed lanes: they do not depend on the number of threads
//           or on the machine's vectors. An element that is NaN or infinite in any checkpoint is left out of all
//           sums, and counted.
// Rows      of embeddings belong together by their tokens (row_alignment.hpp), where `rows` says so; rows of the outline
//           that a checkpoint lacks are not looked at.
// Memory    a slice of each checkpoint for each thread, whatever the size of the model or of its largest tensor.
// Errors    Error{input} for a tensor that a checkpoint lacks, with the nearest name; Error{interrupted} at a stop.
//           NaN and infinity are no errors here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/residual/direction_sums.hpp"

namespace evergreen {

struct Direction {
  const CheckpointReader* a = nullptr;
  const CheckpointReader* b = nullptr;     // null: a alone
  const CheckpointReader* onto = nullptr;  // of a stored residual: the base it belongs to
};

struct StatisticsRequest {
  const CheckpointReader* outline = nullptr;  // its tensors are looked at, in file order
  std::vector<Direction> directions;
  // For each row of the outline's embedding and output layer that of the checkpoint, or RowAlignment::kNoRow. A checkpoint
  // that is not here has the same rows.
  std::map<const CheckpointReader*, std::vector<int64_t>> rows = {};
  std::string stage = "inspect";  // for progress and stops
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

// What a checkpoint holds in one tensor that is no number.
struct NotFinite {
  const CheckpointReader* reader = nullptr;
  const TensorInfo* tensor = nullptr;
  uint64_t nan = 0, infinite = 0;
  uint64_t first = 0;  // element of its tensor
};

struct TensorStatistics {
  const TensorInfo* tensor = nullptr;  // of the outline
  DirectionSums sums;                  // all 0 for a tensor without arithmetic
};

struct Statistics {
  std::vector<TensorStatistics> tensors;
  std::vector<NotFinite> not_finite;  // in the order of the outline; a tied tensor once
  uint64_t bytes_read = 0;
  double seconds = 0;
};

Statistics measure(const StatisticsRequest& request);

}  // namespace evergreen
