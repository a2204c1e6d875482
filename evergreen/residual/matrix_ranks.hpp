// The effective ranks of all matrices of a direction: of a residual, of a pair's difference.
#pragma once

#include <map>
#include <string>

#include "evergreen/residual/effective_rank.hpp"
#include "evergreen/residual/statistics.hpp"

namespace evergreen {

// By name; of every tensor of the request's outline that has two axes and arithmetic. Elements that are not finite, and rows that
// a checkpoint lacks, count as 0. sample.rows 0: none.
std::map<std::string, EffectiveRank> matrix_ranks(const StatisticsRequest& request,
                                                  const Direction& direction, const RankSample& sample);

}  // namespace evergreen
