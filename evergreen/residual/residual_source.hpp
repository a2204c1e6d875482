// A residual that is no checkpoint of R: asked for a tensor, it says what it adds. A LoRA adapter is one (adapter_residual.hpp).
//
// So combine() takes stored and computed residuals alike: in sums and merges, by patterns, in parts, and continued.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evergreen/residual/combine_plan.hpp"
#include "evergreen/residual/compatibility.hpp"

namespace evergreen {

// R of one tensor, computed where it is needed. Any number of streams may be open at a time.
class ComputedTensor {
 public:
  class Stream {
   public:
    virtual ~Stream() = default;
    virtual std::span<const double> read(uint64_t count) = 0;  // the next elements; valid until the next call
  };

  virtual ~ComputedTensor() = default;
  virtual std::unique_ptr<Stream> open(uint64_t first) const = 0;  // from that element on
  virtual std::string file() const = 0;                            // for errors
};

class ResidualSource {
 public:
  virtual ~ResidualSource() = default;
  // What is added to the tensor, with scale 1: none; a - b of stored tensors; or computed elements. Error{input} before the
  // first byte of output where that cannot be told.
  virtual std::optional<SourceTerm> find(const std::string& tensor) const = 0;
  // What it is made of, with evergreen.json's name for each; the first is the residual itself.
  virtual std::vector<Role> inputs() const = 0;
};

}  // namespace evergreen
