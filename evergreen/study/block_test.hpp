// How sure a difference between two arms is: paired over items, seeds as blocks.
//
//   estimate   for every block (a seed: another future, or another order of the data) the mean of the paired differences of its items;
//              their mean over the blocks, each block with the same weight
//   interval   percentile bootstrap of that estimate, items drawn with replacement within each block
//   p-value    randomisation test: under "no difference" the sign of every item's difference is a coin's. Two-sided, (1 + draws as
//              extreme) / (1 + draws); Phipson and Smyth 2010, "Permutation p-values should never be zero"
//   Holm       p-values of a family of tests, adjusted: the error of all together is at most the level (Holm 1979)
//
// What is tested is the difference on these seeds: blocks are fixed, not drawn. How far seeds differ is shown beside it
// (`by_block`), not hidden in a p-value that three seeds could not give.
// Numbers   float64; bootstrap and test are functions of the values alone (fixed seed).
// Errors    Error{internal} for blocks that are empty or not paired.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evergreen::study {

// Scores of the items of one block.
using BlockValues = std::vector<double>;

struct Band {
  double mean = 0, low = 0, high = 0;  // 95 %
};
Band block_mean(const std::vector<BlockValues>& blocks);

struct BlockDifference {
  double difference = 0, low = 0, high = 0;  // 95 %
  double p_value = 1;                        // two-sided
  size_t items = 0;
  std::vector<double> by_block;
};
BlockDifference block_difference(const std::vector<BlockValues>& a, const std::vector<BlockValues>& b);

// Adjusted p-values, in the order given.
std::vector<double> holm(const std::vector<double>& p_values);

}  // namespace evergreen::study
