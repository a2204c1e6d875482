// LoRA: the weights of a model stay as they are, small matrices beside them are trained: W + alpha / rank * B A.
//
// Source    Hu et al., arXiv 2106.09685; as in peft, A begins as Kaiming-uniform random numbers and B as zeros, for the seven
//           projections of every layer. Here for comparison: it learns less from new text and forgets less (Biderman et al.,
//           arXiv 2405.09673), and its result is merged, a plain checkpoint.
// Memory    the model twice (its own weights and their sums for a pass), the optimiser's state only for A and B.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "evergreen/model/decoder.hpp"
#include "evergreen/train/train_options.hpp"
#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

class LowRankTraining {
 public:
  // The matrices are a function of (seed, name). Error{usage} for a rank that is larger than a matrix's sides.
  LowRankTraining(Decoder& decoder, const LowRankOptions& options, uint64_t seed);

  TrainedTensors tensors() const;  // NAME.lora_A.weight [r, in] and NAME.lora_B.weight [out, r]

  // Gives the decoder the sums, differentiable in A and B unless a NoGradGuard is held: before each pass, as a
  // pass's graph is walked backward once.
  void begin_pass();

 private:
  struct Pair {
    at::Tensor frozen_OI, a_RI, b_OR;
  };
  Decoder& decoder_;
  double scale_;
  std::map<std::string, Pair> pairs_;  // by the weight's name
};

}  // namespace evergreen
