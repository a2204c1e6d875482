// Where TIES trims: for each term of a tensor the magnitude that the largest share of its elements reaches (merge.hpp).
#pragma once

#include <vector>

#include "evergreen/residual/combine_plan.hpp"

namespace evergreen {

// Reads the terms' tensors up to four times, in slices.
std::vector<double> trim_thresholds(const TensorPlan& plan, double density);

}  // namespace evergreen
