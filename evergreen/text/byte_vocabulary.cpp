#include "evergreen/text/byte_vocabulary.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "evergreen/text/byte_level.hpp"

namespace evergreen {

ByteVocabulary::ByteVocabulary(const Bpe& bpe) {
  const auto count = static_cast<size_t>(bpe.written.size());
  slots_.resize(std::bit_ceil(std::max<size_t>(64, 2 * count)));
  shift_ = 64 - std::countr_zero(slots_.size());
  byte_ids_.fill(-1);
  std::string bytes;
  int32_t highest = -1;
  Waiting waiting;
  for (int32_t number = 0; number < bpe.written.size(); ++number) {
    const int32_t id = bpe.written_ids[number];
    highest = std::max(highest, id);
    bytes.clear();
    if (append_from_byte_level(bpe.written.at(number), bytes) && !bytes.empty()) add(bytes, id, waiting);
  }
  for (const Slot& slot : waiting.slots) put(slot);
  whole_ = std::make_unique<std::atomic<Whole>[]>(static_cast<size_t>(highest + 1));
  has_all_bytes_ = std::all_of(byte_ids_.begin(), byte_ids_.end(), [](int32_t id) { return id >= 0; });
  pairs_.resize(256 * 256);
  for (size_t left = 0; left < 256; ++left) {
    for (size_t right = 0; right < 256; ++right) {
      if (byte_ids_[left] >= 0 && byte_ids_[right] >= 0)
        pairs_[left << 8 | right] = bpe.merges.find(byte_ids_[left], byte_ids_[right]);
    }
  }
}

void ByteVocabulary::add(std::string_view bytes, int32_t id, Waiting& waiting) {
  if (bytes.size() == 1) byte_ids_[static_cast<uint8_t>(bytes.front())] = id;
  longest_ = std::max(longest_, bytes.size());
  if (bytes.size() > WordKey::kMaxBytes) {
    long_words_.add(bytes);
    long_ids_.push_back(id);
    return;
  }
  const WordKey key = WordKey::load(bytes.data(), bytes.size(), bytes.data() + bytes.size());
  __builtin_prefetch(&slots_[key.hash() >> shift_]);  // put in once it is here
  put(std::exchange(waiting.slots[waiting.next++ % waiting.slots.size()], Slot{key, id}));
}

void ByteVocabulary::put(const Slot& slot) {
  if (slot.id < 0) return;
  size_t i = slot.key.hash() >> shift_;
  while (slots_[i].id >= 0) i = (i + 1) & (slots_.size() - 1);
  slots_[i] = slot;
}

}  // namespace evergreen
