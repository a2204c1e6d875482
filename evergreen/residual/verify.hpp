// Checking an output of evergreen against its own evergreen.json: every byte of the weights is read again.
#pragma once

#include <string>

#include "evergreen/checkpoint/provenance.hpp"

namespace evergreen {

struct VerifyReport {
  std::string path, expected, found;  // content hashes
  Provenance provenance;
  bool matches() const { return expected == found; }
};

// Error{input} if the directory has no evergreen.json, or it holds no hash of weights.
VerifyReport verify(const fs::path& directory, int threads = 0);

std::string to_json_text(const VerifyReport& report);

}  // namespace evergreen
