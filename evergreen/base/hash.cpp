#include "evergreen/base/hash.hpp"

#include <algorithm>
#include <new>

#include <fmt/format.h>
#include <xxhash.h>
#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#include <xxh_x86dispatch.h>  // the same hashes, in the widest vectors of the machine
#endif

namespace evergreen {

std::string to_string(const Hash128& hash) { return fmt::format("xxh3:{:016x}{:016x}", hash.high, hash.low); }

Hash128 hash_bytes(std::span<const std::byte> data) {
  const XXH128_hash_t hash = XXH3_128bits(data.data(), data.size());
  return {hash.high64, hash.low64};
}

struct HashStream::State {
  XXH3_state_t* xxh3 = XXH3_createState();
  State() {
    if (xxh3 == nullptr) throw std::bad_alloc();
    XXH3_128bits_reset(xxh3);
  }
  ~State() { XXH3_freeState(xxh3); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

HashStream::HashStream() : state_(std::make_unique<State>()) {}
HashStream::~HashStream() = default;
HashStream::HashStream(HashStream&&) noexcept = default;
HashStream& HashStream::operator=(HashStream&&) noexcept = default;

void HashStream::update(std::span<const std::byte> data) {
  XXH3_128bits_update(state_->xxh3, data.data(), data.size());
}

Hash128 HashStream::take() {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh3);
  XXH3_128bits_reset(state_->xxh3);
  return {hash.high64, hash.low64};
}

Hash128 hash_tree(uint64_t total_bytes, const std::vector<Hash128>& blocks) {
  std::vector<uint64_t> words = {total_bytes};
  for (const Hash128& block : blocks) {
    words.push_back(block.high);
    words.push_back(block.low);
  }
  return hash_bytes(std::as_bytes(std::span(words)));
}

Hash128 hash_file(const fs::path& path) {
  const File file(path, File::Mode::read);
  const uint64_t size = file.size();
  std::vector<std::byte> buffer(std::min(size, kHashBlockBytes));
  std::vector<Hash128> blocks;
  for (uint64_t offset = 0; offset < size; offset += kHashBlockBytes) {
    const std::span<std::byte> block = std::span(buffer).first(std::min(kHashBlockBytes, size - offset));
    file.read_at(offset, block);
    blocks.push_back(hash_bytes(block));
  }
  return hash_tree(size, blocks);
}

}  // namespace evergreen
