#include "evergreen/text/byte_strings.hpp"

#include <xxhash.h>

namespace evergreen {
namespace {

uint32_t hash_of(std::string_view bytes) {
  return static_cast<uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

}  // namespace

int32_t ByteStrings::add(std::string_view bytes) {
  if (slots_.size() < 2 * begins_.size()) grow();
  const int32_t number = size();
  pool_.append(bytes);
  begins_.push_back(pool_.size());
  place(hash_of(bytes), number);
  return number;
}

int32_t ByteStrings::find(std::string_view bytes) const {
  if (slots_.empty()) return kNone;
  const uint32_t hash = hash_of(bytes);
  for (size_t i = hash & (slots_.size() - 1);; i = (i + 1) & (slots_.size() - 1)) {
    const Slot& slot = slots_[i];
    if (slot.number == kNone) return kNone;
    if (slot.hash == hash && at(slot.number) == bytes) return slot.number;
  }
}

void ByteStrings::place(uint32_t hash, int32_t number) {
  size_t i = hash & (slots_.size() - 1);
  while (slots_[i].number != kNone) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = {hash, number};
}

void ByteStrings::grow() {
  const std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 64 : 2 * old.size(), Slot{});
  for (const Slot& slot : old) {
    if (slot.number != kNone) place(slot.hash, slot.number);
  }
}

}  // namespace evergreen
