// What a low-rank residual keeps, and what it loses.
//
//   error   |R - what is stored| / |R|, Frobenius, measured on the factors as they were rounded and written
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

// One tensor, and how it went.
struct LowRankTensor {
  enum class Kept { low_rank, whole, left_out };
  std::string name;
  Kept kept = Kept::low_rank;
  int64_t rank = 0;  // of low_rank
  uint64_t parameters = 0, bytes = 0;
  double residual_squares = 0, error_squares = 0, base_squares = 0;
};

// All tensors of one kind of module ("mlp.up_proj") that went the same way.
struct LowRankGroup {
  std::string name;
  LowRankTensor::Kept kept = LowRankTensor::Kept::low_rank;
  uint64_t tensors = 0, parameters = 0, bytes = 0;
  int64_t least_rank = 0, largest_rank = 0;
  double residual_norm = 0, error_norm = 0;
  double error() const { return residual_norm > 0 ? error_norm / residual_norm : 0; }
};

struct LowRankReport {
  std::vector<LowRankTensor> each;
  std::vector<LowRankGroup> kinds;  // in the order of the model
  LowRankGroup low_rank, whole, left_out, total;
  double base_norm = 0;
  std::string dtype;
  std::vector<std::string> notes;
  std::string weights_hash;
  uint64_t bytes_written = 0;
  double seconds = 0;
};

LowRankReport make_low_rank_report(std::vector<LowRankTensor> tensors);

// A row for each kind and for the sums.
std::string low_rank_table(const LowRankReport& report);
std::string to_json_text(const LowRankReport& report);

}  // namespace evergreen
