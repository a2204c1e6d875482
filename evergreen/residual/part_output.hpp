// The output of a part on its way to the writer: slices gather in a buffer that lies in memory as in the file, modulo a page, and
// go on in large pieces that end where a page of the file ends. So a writer that goes past the page cache (File::write_past_cache)
// sends all but the ends of a part straight from here to the disk. For the page cache the pieces are slices, which are copied
// there while they are in the processor's own cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {

class PartOutput {
 public:
  // Of elements of `tensor` from `first` on; sub-byte elements fill whole bytes.
  PartOutput(CheckpointWriter& writer, const TensorInfo& tensor, uint64_t first);

  // Room for the next `bytes` of the part, to be filled before the next call. What it gave before is kept or written.
  std::span<std::byte> next(uint64_t bytes);
  // Writes what is left. Without it, that is not written.
  void finish();

 private:
  void write_whole_pages();
  void write(uint64_t bytes);

  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::byte* start() const { return memory_.get() + offset_ % kPageBytes; }

  CheckpointWriter& writer_;
  const TensorInfo& tensor_;
  std::unique_ptr<std::byte, Free> memory_;
  uint64_t piece_bytes_;
  uint64_t capacity_ = 0;
  uint64_t offset_;  // in the file, of the first byte in the buffer
  uint64_t filled_ = 0;
};

}  // namespace evergreen
