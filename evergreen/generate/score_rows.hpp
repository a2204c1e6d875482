// Log-probabilities of given tokens from hidden states: the head and its log-softmax, some rows at a time.
//
// Numbers   log-softmax in float32 at least; each row by itself (on a CPU to the last bit, inference.hpp).
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace evergreen {

class Inference;

struct RowTarget {
  int64_t row, token;
};
struct TargetScore {
  double log_probability = 0;
  bool is_greedy = false;  // the token is the most likely one (the first of equals)
};

// `targets` in ascending order of rows; a row may have several.
std::vector<TargetScore> score_rows(Inference& inference, const at::Tensor& hidden_RD,
                                    const std::vector<RowTarget>& targets);

}  // namespace evergreen
