#include "evergreen/residual/matrix_ranks.hpp"

#include <cmath>
#include <mutex>

#include "evergreen/base/parallel.hpp"
#include "evergreen/residual/combine.hpp"
#include "evergreen/residual/row_alignment.hpp"

namespace evergreen {
namespace {

// Rows of one checkpoint's matrix, by the rows of the outline.
class RowSource {
 public:
  RowSource(const StatisticsRequest& request, const CheckpointReader* reader, const TensorInfo& matrix)
      : reader_(reader), columns_(static_cast<uint64_t>(matrix.shape[1])) {
    if (reader == nullptr) return;
    tensor_ = find_or_tied(*reader, matrix.name);
    const auto rows = request.rows.find(reader);
    if (rows != request.rows.end() && has_token_rows(matrix.name)) rows_ = &rows->second;
  }

  // Empty where there is no such checkpoint.
  std::span<const double> read(uint64_t row, uint64_t first_column, size_t count) {
    if (tensor_ == nullptr) return {};
    values_.assign(count, 0);
    const int64_t own = rows_ == nullptr ? static_cast<int64_t>(row) : rows_->at(row);
    if (own == RowAlignment::kNoRow) return values_;
    bytes_.resize(count * static_cast<size_t>(dtype_bits(tensor_->dtype)) / 8);
    reader_->read(*tensor_, static_cast<uint64_t>(own) * columns_ + first_column, count, bytes_);
    decode(tensor_->dtype, bytes_, values_);
    return values_;
  }

 private:
  const CheckpointReader* reader_;
  uint64_t columns_;
  const TensorInfo* tensor_ = nullptr;
  const std::vector<int64_t>* rows_ = nullptr;
  std::vector<std::byte> bytes_;
  std::vector<double> values_;
};

EffectiveRank rank_of(const StatisticsRequest& request, const TensorInfo& matrix, const Direction& direction,
                      const RankSample& sample) {
  RowSource a(request, direction.a, matrix), b(request, direction.b, matrix);
  const auto read = [&](uint64_t row, uint64_t first_column, std::span<double> out) {
    const auto left = a.read(row, first_column, out.size()), right = b.read(row, first_column, out.size());
    for (size_t i = 0; i < out.size(); ++i) {
      const double value = right.empty() ? left[i] : left[i] - right[i];
      out[i] = std::isfinite(value) ? value : 0;
    }
  };
  return effective_rank(static_cast<uint64_t>(matrix.shape[0]), static_cast<uint64_t>(matrix.shape[1]), read,
                        sample, matrix.name);
}

}  // namespace

std::map<std::string, EffectiveRank> matrix_ranks(const StatisticsRequest& request,
                                                  const Direction& direction, const RankSample& sample) {
  std::vector<const TensorInfo*> matrices;
  for (const TensorInfo& tensor : request.outline->tensors()) {
    if (has_arithmetic(tensor.dtype) && tensor.shape.size() == 2) matrices.push_back(&tensor);
  }
  if (sample.rows == 0) matrices.clear();
  std::map<std::string, EffectiveRank> ranks;
  std::mutex mutex;
  parallel_for(static_cast<int64_t>(matrices.size()), request.threads, [&](int64_t i) {
    throw_if_stopped(request.stop, request.stage.c_str());
    const TensorInfo& matrix = *matrices[static_cast<size_t>(i)];
    const EffectiveRank rank = rank_of(request, matrix, direction, sample);
    const std::lock_guard lock(mutex);
    ranks[matrix.name] = rank;
    if (!request.progress) return;
    request.progress({"effective rank",
                      static_cast<double>(ranks.size()),
                      static_cast<double>(matrices.size()),
                      "matrices",
                      {}});
  });
  return ranks;
}

}  // namespace evergreen
