#include "evergreen/residual/part_output.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace evergreen {
namespace {

// Large enough for a disk to be busy with one piece.
constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

uint64_t to_pages(uint64_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

}  // namespace

PartOutput::PartOutput(CheckpointWriter& writer, const TensorInfo& tensor, uint64_t first)
    : writer_(writer),
      tensor_(tensor),
      piece_bytes_(writer.past_cache() ? kPieceBytes : 2 * kPageBytes),
      offset_(tensor.begin + first * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8) {}

std::span<std::byte> PartOutput::next(uint64_t bytes) {
  if (filled_ >= piece_bytes_) write_whole_pages();
  const uint64_t needed = offset_ % kPageBytes + filled_ + bytes;
  if (needed > capacity_) {
    capacity_ = to_pages(std::max(needed, piece_bytes_ + bytes + 2 * kPageBytes));
    std::unique_ptr<std::byte, Free> larger(
        static_cast<std::byte*>(std::aligned_alloc(kPageBytes, capacity_)));
    if (larger == nullptr) throw std::bad_alloc();
    if (filled_ > 0) std::memcpy(larger.get() + offset_ % kPageBytes, start(), filled_);
    memory_ = std::move(larger);
  }
  const std::span<std::byte> room(start() + filled_, bytes);
  filled_ += bytes;
  return room;
}

void PartOutput::finish() {
  if (filled_ > 0) write(filled_);
}

// Up to the last end of a page that is also the end of an element.
void PartOutput::write_whole_pages() {
  const uint64_t element = std::max<uint64_t>(1, static_cast<uint64_t>(dtype_bits(tensor_.dtype)) / 8);
  uint64_t bytes = (offset_ + filled_) / kPageBytes * kPageBytes - offset_;
  bytes -= (offset_ - tensor_.begin + bytes) % element;
  write(bytes);
}

void PartOutput::write(uint64_t bytes) {
  const auto bits = static_cast<uint64_t>(dtype_bits(tensor_.dtype));
  const uint64_t first = (offset_ - tensor_.begin) * 8 / bits;
  writer_.write(tensor_, first, std::span(start(), bytes));
  const std::byte* rest = start() + bytes;
  offset_ += bytes;
  filled_ -= bytes;
  std::memmove(start(), rest, filled_);
}

}  // namespace evergreen
