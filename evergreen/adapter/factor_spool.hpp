// Factors on disk while they wait: a safetensors header needs every shape, and under --max-error the ranks are known only
// when the last matrix is done.
//
// One file beside the output, without a name from the start: nothing is left of it, however the process ends.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

class FactorSpool {
 public:
  explicit FactorSpool(const fs::path& out);

  struct Place {
    uint64_t offset = 0, bytes = 0;
  };
  Place put(std::span<const std::byte> bytes);  // thread-safe
  std::vector<std::byte> get(const Place& place) const;

 private:
  File file_;
  std::mutex mutex_;
  uint64_t end_ = 0;
};

}  // namespace evergreen
