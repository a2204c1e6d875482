// Checking an output of evergreen against its own evergreen.json: every byte of the weights is read again, and what
// is not as it was written is named, tensor by tensor.
//
// Errors    Error{input} if the directory has no evergreen.json, or it holds no hash of weights; and for files that
//           are no longer a checkpoint at all (cut off, missing). Weights that differ are no error here: they are in
//           the report.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

struct TensorDifference {
  std::string tensor, file;
  std::string problem;          // "its bytes changed", "it is missing", "it was not there"
  std::string expected, found;  // hashes; empty where there is none
};

struct VerifyReport {
  std::string path, expected, found;  // content hashes
  Provenance provenance;
  bool tensors_known = false;                 // evergreen.json has a hash for each tensor
  std::vector<TensorDifference> differences;  // in file order
  // False with no differences: names, dtypes or shapes changed, or evergreen.json has no hashes of tensors.
  bool matches() const { return expected == found; }
};

struct VerifyOptions {
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

VerifyReport verify(const fs::path& directory, const VerifyOptions& options = {});

// One sentence on what is wrong, which names the first tensors and their files.
std::string describe_differences(const VerifyReport& report);

std::string to_json_text(const VerifyReport& report);

}  // namespace evergreen
