#include "evergreen/train/step_batch.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

MicroBatch to_device(const PackedTokens& packed, at::Device device) {
  return {make_packed_batch(packed.tokens, packed.cu_seqlens, device),
          at::tensor(packed.targets, at::kLong).to(device)};
}

void require_even_rows(const TrainOptions& options, int ranks) {
  if (options.packing.rows % ranks == 0) return;
  throw Error(ErrorKind::usage,
              fmt::format("the {} rows of a step cannot be dealt out evenly to {} processes",
                          options.packing.rows, ranks),
              {}, "give a --batch-rows that is a multiple of the number of processes");
}

StepBatch step_batch(Packer& packer, const TrainOptions& options, int64_t step, RowShare share) {
  StepBatch batch;
  const int64_t rows = options.packing.rows / share.ranks, first = share.rank * rows;
  const int64_t part = options.micro_rows > 0 ? std::min(options.micro_rows, rows) : rows;
  for (int64_t row = 0; row < rows; row += part) {
    batch.parts.push_back(packer.rows(step, first + row, std::min(part, rows - row)));
    batch.tokens += static_cast<int64_t>(batch.parts.back().tokens.size());
    batch.targets += batch.parts.back().target_count;
  }
  return batch;
}

}  // namespace evergreen
