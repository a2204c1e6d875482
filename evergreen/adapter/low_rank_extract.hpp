// The instruction residual as a LoRA adapter: small, and served by peft and vLLM beside the base model.
//
//   R = instruct - base  ~  B A        of every matrix of a linear layer, by randomised SVD (randomized_svd.hpp)
//   B = U sqrt(S), A = sqrt(S) V^T     alpha = r, so that PEFT's scaling is 1
//
// What LoRA cannot hold (norms, biases, embeddings, the output layer, routers, tensors with other than two axes) is left out and
// measured; with full_modules it goes into modules_to_save, as the instruct model has it, bit for bit. vLLM loads adapters
// without such modules only, of ranks up to 512 (--max-lora-rank 1, 8, 16, 32, 64, 128, 256, 320 or 512: the next one up).
//
// Numbers   float64 up to one rounding of the factors to `dtype`; the error is measured on these. A function of the two
//           models, the seed and the options: not of the number of threads.
// Memory    of each thread that of randomized_svd.hpp, three buffers of rows (residual_rows.hpp) and the factors of one matrix:
//           for an [m, n] matrix at rank r about 8 (r + 16) (6 n + 5 m) bytes (69 MB for the largest of an 8B model at rank
//           64), never the matrix itself. Under max_error without a rank, r may grow up to min(m, n).
// Output    adapter_model.safetensors, adapter_config.json, README.md, evergreen.json, and the instruct model's config.json and
//           tokenizer, which apply needs; a directory that appears whole or not at all. Interrupted, it starts anew.
// Errors    Error{usage} for options that contradict; Error{input} for models that do not fit together (compatibility.hpp), for
//           weights stored [in, out] (GPT-2), and for NaN and infinity.
#pragma once

#include "evergreen/adapter/low_rank_report.hpp"
#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

struct LowRankExtractOptions {
  int64_t rank = 0;           // of every matrix; with max_error, the most that one gets. 0: no limit
  double max_error = 0;       // > 0: of every matrix the least rank with |R - B A| <= max_error |R|
  bool full_modules = false;  // keep what LoRA cannot hold
  uint64_t seed = 0;
  Dtype dtype = Dtype::f32;  // of the factors
  bool model_files = true;   // false: no tokenizer, config.json and card
  std::string command = {};  // as typed, for evergreen.json and the card
  bool sync = true;
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

LowRankReport extract_low_rank(const CheckpointReader& base, const CheckpointReader& instruct,
                               const fs::path& out, const LowRankExtractOptions& options);

}  // namespace evergreen
