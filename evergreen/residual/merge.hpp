// Several residuals into one that is added: besides the plain sum the two methods the field uses against interference.
//
//   sum    sum over k of s_k * d_k
//   ties   trim each d_k to its largest `density` share (in each tensor), elect each element's sign by sum s_k * d_k, and take
//          (sum s_k * d_k) / (sum |s_k|) over the terms of that sign     Yadav et al., arXiv 2306.01708, section 3
//   dare   drop each element of d_k with probability 1 - density, divide the rest by density, then sum
//                                                                              Yu et al., arXiv 2311.03099, section 3
//
// Numbers   float64, the terms in their order. Elements as large as the smallest that is kept by trimming are all kept. What DARE
//           drops is a function of (seed, tensor, term, element): of no thread, slice or process.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

enum class MergeMethod { sum, ties, dare };

// Error{usage} with the nearest name for a method there is not.
MergeMethod merge_method_from_name(const std::string& name);
const char* merge_method_name(MergeMethod method);

struct MergeOptions {
  MergeMethod method = MergeMethod::sum;
  double density = 1;  // in (0, 1]: the share of elements that is kept
  uint64_t seed = 0;   // of what DARE drops
};

// The magnitude that the `keep` largest of all elements reach at least. `for_each_slice` calls its argument with all of them,
// in any slices, and is called up to four times.       Time: a pass for each 16 bits in which magnitudes differ.
using SliceVisitor = std::function<void(std::span<const double>)>;
double magnitude_threshold(const std::function<void(const SliceVisitor&)>& for_each_slice, uint64_t keep);

// One term on one slice: its differences d_k, which are changed in place.
struct MergeTerm {
  double scale = 1;
  double threshold = 0;  // of TIES: smaller magnitudes are trimmed
  std::span<double> difference;
};

// What is added to c0 for elements [first, first + added.size()) of the tensor.
void merge_terms(const MergeOptions& options, std::string_view tensor, uint64_t first,
                 std::span<MergeTerm> terms, std::span<double> added);

}  // namespace evergreen
