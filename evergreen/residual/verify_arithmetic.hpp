// Proving that the numbers of an output are what the definition gives, computed again from its inputs.
//
// What is computed comes from evergreen.json (recorded_combination.hpp). How: element by element in plain float64 through
// decode() and encode(), in the order that residual_kernel.hpp defines, and compared bit for bit. No kernel is shared with
// what made the output; the plan of tensors, scales and rows is (combine_plan.hpp), and so are TIES and DARE (merge.hpp).
//
// Sample    runs of 4096 neighbouring elements, drawn without replacement for each tensor: of every tensor at least
//           one run; which ones is a function of (seed, tensor). A share of 1 takes all. TIES reads residuals whole, for
//           its thresholds.
// Memory    a few slices for each thread.
// Errors    Error{input} for inputs that cannot have made this output (a tensor of another shape, none at all).
//           Elements that differ are no error here: they are in the report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/residual/recorded_combination.hpp"

namespace evergreen {

struct ArithmeticOptions {
  double sample = 0.01;  // share of the elements; 1: all
  uint64_t seed = 0;
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

struct TensorMismatch {
  std::string tensor, file;
  uint64_t checked = 0, wrong = 0;  // elements
  std::string element;              // the first wrong one that was checked: "[3, 17]"
  double expected = 0, found = 0;
};

struct ArithmeticReport {
  std::string operation;  // "graft"
  std::string scale;      // as recorded; empty for extract
  uint64_t tensors = 0, elements = 0, checked = 0, wrong = 0;
  double sample = 1;
  uint64_t seed = 0;
  std::vector<TensorMismatch> mismatches;  // in file order
  std::vector<std::string>
      changed_inputs;  // looked for where elements differ: inputs whose hash is not the recorded one
  double seconds = 0;
  bool holds() const { return wrong == 0; }
};

ArithmeticReport verify_arithmetic(const CheckpointReader& output, const Provenance& provenance,
                                   const ArithmeticInputs& inputs, const ArithmeticOptions& options = {});

// One sentence: the tensor, the element, what was expected and what was found, and how many more.
std::string describe_mismatches(const ArithmeticReport& report);

std::string to_json_text(const ArithmeticReport& report);

}  // namespace evergreen
