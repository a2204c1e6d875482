// The elements of scaling * left right in order, from a few rows at a time.
#pragma once

#include "evergreen/adapter/adapter.hpp"
#include "evergreen/residual/residual_source.hpp"

namespace evergreen {

class ProductStream : public ComputedTensor::Stream {
 public:
  ProductStream(Factors factors, uint64_t first) : factors_(std::move(factors)), next_(first) {}
  std::span<const double> read(uint64_t count) override;

 private:
  void compute_rows(uint64_t first_row, uint64_t rows);

  Factors factors_;
  uint64_t next_;                 // element
  uint64_t first_ = 0;            // element, of the rows at hand
  std::vector<double> rows_;      // at hand
  std::vector<double> elements_;  // of a slice that is not all in them
};

}  // namespace evergreen
