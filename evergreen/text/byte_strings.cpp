#include "evergreen/text/byte_strings.hpp"

#include <bit>
#include <cstring>

#include <xxhash.h>

namespace evergreen {

// Short strings are hashed by two loads that may overlap: most tokens are shorter than xxhash's call takes.
uint32_t ByteStrings::hash_of(std::string_view bytes) {
  const size_t n = bytes.size();
  if (n > 16) return static_cast<uint32_t>(XXH3_64bits(bytes.data(), n));
  uint64_t first = 0, last = 0;
  if (n >= 8) {
    std::memcpy(&first, bytes.data(), 8);
    std::memcpy(&last, bytes.data() + n - 8, 8);
  } else if (n >= 4) {
    uint32_t low, high;
    std::memcpy(&low, bytes.data(), 4);
    std::memcpy(&high, bytes.data() + n - 4, 4);
    first = low, last = high;
  } else if (n > 0) {
    first = static_cast<uint8_t>(bytes[0]);
    last = static_cast<uint8_t>(bytes[n / 2]) << 8 | static_cast<uint8_t>(bytes[n - 1]);
  }
  uint64_t hash = (first ^ n) * 0x9E3779B97F4A7C15u;
  hash = (hash ^ (hash >> 32) ^ last) * 0xD6E8FEB86659FD93u;
  return static_cast<uint32_t>(hash >> 32);
}

void ByteStrings::reserve(size_t strings, size_t bytes) {
  pool_.reserve(bytes);
  begins_.reserve(strings + 1);
  if (slots_.size() < 2 * strings) grow(std::bit_ceil(2 * strings));
}

int32_t ByteStrings::add(std::string_view bytes, uint32_t hash) {
  if (slots_.size() < 2 * begins_.size()) grow(slots_.empty() ? 64 : 2 * slots_.size());
  Slot& slot = slots_[slot_of(hash, bytes)];
  if (slot.number != kNone) return kNone;
  slot = {hash, size(), begins_.back(), static_cast<uint32_t>(bytes.size())};
  pool_.append(bytes);
  begins_.push_back(static_cast<uint32_t>(pool_.size()));
  return slot.number;
}

size_t ByteStrings::slot_of(uint32_t hash, std::string_view bytes) const {
  for (size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return i;
    if (slot.hash == hash && std::string_view(pool_.data() + slot.begin, slot.size) == bytes) return i;
  }
}

void ByteStrings::grow(size_t slots) {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(slots, Slot{});
  for (const Slot& slot : old) {
    if (slot.number == kNone) continue;
    size_t i = slot.hash & (slots_.size() - 1);
    while (slots_[i].number != kNone) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = slot;
  }
}

}  // namespace evergreen
