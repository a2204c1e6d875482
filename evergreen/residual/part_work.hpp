// Doing one part of a combination: its slices are read, computed or carried, hashed and written, one after the other.
#pragma once

#include <functional>

#include "evergreen/residual/combine_plan.hpp"
#include "evergreen/residual/part_record.hpp"
#include "evergreen/residual/source_stream.hpp"

namespace evergreen {

struct PartContext {
  const Combination& combination;
  const TensorPlan& plan;
  std::span<const double> thresholds;  // of TIES, for each term
  CheckpointWriter* out = nullptr;
  std::function<void(uint64_t elements, uint64_t bytes_read, uint64_t bytes_written)> tell;
};

PartRecord do_part(const PartContext& context, const Part& part);

// Lets the disk begin with what do_part() will read.
void read_ahead(const TensorPlan& plan, const Part& part);

}  // namespace evergreen
