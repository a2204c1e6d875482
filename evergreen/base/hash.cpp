#include "evergreen/base/hash.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <xxhash.h>

namespace evergreen {

std::string to_string(const Hash128& hash) { return fmt::format("xxh3:{:016x}{:016x}", hash.high, hash.low); }

Hash128 hash_bytes(std::span<const std::byte> data) {
  const XXH128_hash_t hash = XXH3_128bits(data.data(), data.size());
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
