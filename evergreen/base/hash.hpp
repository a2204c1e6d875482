// Content hashes: XXH3 with 128 bits, fast and not cryptographic: they find accidents, not attackers.
//
// Whatever is large is hashed as a tree over fixed blocks of 16 MiB: block i is hashed alone, and the hash of
// the whole is the hash of (length, hash 0, hash 1, ...). So blocks can be hashed in any order, by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

inline constexpr uint64_t kHashBlockBytes = uint64_t{16} << 20;

struct Hash128 {
  uint64_t high = 0, low = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

std::string to_string(const Hash128& hash);  // "xxh3:" and 32 hexadecimal digits
Hash128 hash_bytes(std::span<const std::byte> data);
inline Hash128 hash_text(std::string_view text) { return hash_bytes(as_bytes(text)); }

// hash_bytes() of data that comes in parts.
class HashStream {
 public:
  HashStream();
  ~HashStream();
  HashStream(HashStream&&) noexcept;
  HashStream& operator=(HashStream&&) noexcept;
  void update(std::span<const std::byte> data);
  Hash128 take();  // the hash of all since the last take(); starts anew

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The root of the tree: `blocks` in order, `total_bytes` what they cover together.
Hash128 hash_tree(uint64_t total_bytes, const std::vector<Hash128>& blocks);

// The tree hash of a file, read once in blocks.
Hash128 hash_file(const fs::path& path);

}  // namespace evergreen
