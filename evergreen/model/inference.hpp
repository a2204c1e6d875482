// The forward pass of generation and scoring: new tokens against a KvCache, and logits of the rows that are asked for.
//
// float32 weights on a CPU are read where they lie by the row kernels of kernels/cpu, without a tensor operation in between. All
// else (GPUs, other dtypes) goes through Decoder::forward, which is also what the first path is tested against.
//
// Numbers   the row kernels give the same bits for a token whatever is computed beside it, whatever the threads and the pages: so
//           batching, sharing and paging change no token. Logits are within the decoder's tolerance of Decoder::forward's.
// Memory    of the first path: buffers for the tokens of a pass, kept between passes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/model/decoder.hpp"

namespace evergreen {

class CpuDecoder;
struct Int8Weights;

class Inference {
 public:
  // Both must outlive this, and the decoder keep its parameters where they are. With `int8` the first path takes its matrices in place
  // of the decoder's.
  explicit Inference(const Decoder& decoder, const Int8Weights* int8 = nullptr);
  ~Inference();

  const Decoder& decoder() const { return decoder_; }

  // Hidden states after the final norm of these rows of the batch, [R, D]. batch.slots must have room in the cache.
  at::Tensor forward(const PackedBatch& batch, KvCache& cache, const std::vector<int64_t>& rows);

  // hidden_RD x head^T -> [R, V], float32 at least. The caller may write into them; the next call does.
  at::Tensor logits(const at::Tensor& hidden_RD);

 private:
  const Decoder& decoder_;
  std::unique_ptr<CpuDecoder> plain_;  // null: tensor operations
};

}  // namespace evergreen
