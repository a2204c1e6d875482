// An input tensor that streams by in slices, hashed on its way.
#pragma once

#include <span>
#include <vector>

#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/residual/combine_plan.hpp"

namespace evergreen {

class SourceStream {
 public:
  // Slices will be asked for from element `first` on. `hashed`: they are whole blocks, or end with the tensor.
  SourceStream(const Source& source, uint64_t first, bool hashed)
      : source_(source), next_(first), hashed_(hashed && source.tensor != nullptr && !source.tied) {}

  // The next `count` elements; empty where there is no such input. Valid until the next call.
  std::span<const std::byte> read(uint64_t count) {
    if (source_.tensor == nullptr) return {};
    buffer_.resize(count * static_cast<uint64_t>(dtype_bits(source_.tensor->dtype)) / 8);
    source_.reader->read(*source_.tensor, next_, count, buffer_);
    next_ += count;
    if (hashed_) hash_.update(buffer_);
    return buffer_;
  }

  std::vector<Hash128> finish() { return hash_.finish(); }
  bool exists() const { return source_.tensor != nullptr; }
  Dtype dtype() const { return source_.tensor == nullptr ? Dtype::f32 : source_.tensor->dtype; }

 private:
  Source source_;
  uint64_t next_;
  bool hashed_;
  BlockHashStream hash_;
  std::vector<std::byte> buffer_;
};

}  // namespace evergreen
