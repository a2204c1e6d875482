// The hash of a checkpoint's content: names, dtypes, shapes and elements, however spread over shards.
//
//   block    hash of 16 MiB of a tensor's bytes (the last one may be shorter)     evergreen/base/hash.hpp
//   tensor   hash_tree of its blocks
//   content  hash of (name, dtype, shape, tensor hash) over all tensors in order of name
//
// ContentHash gathers blocks in any order and from any thread: bytes that stream by need no second reading.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "evergreen/base/hash.hpp"
#include "evergreen/checkpoint/safetensors.hpp"

namespace evergreen {

uint64_t hash_blocks(uint64_t tensor_bytes);  // the number of blocks of a tensor

class ContentHash {
 public:
  explicit ContentHash(const std::vector<TensorInfo>& tensors);

  // `bytes` of block `block` of the tensor; every block must come once. Thread-safe for different blocks.
  void add_block(const std::string& tensor, uint64_t block, std::span<const std::byte> bytes);
  void add_block(const std::string& tensor, uint64_t block, const Hash128& hash);
  void add_blocks(const std::string& tensor, uint64_t first_block, const std::vector<Hash128>& hashes);
  bool has_block(const std::string& tensor, uint64_t block) const;
  Hash128 tensor(const std::string& name) const;       // Error{internal} while a block is missing
  std::map<std::string, std::string> tensors() const;  // of all, as text, by name: for evergreen.json
  Hash128 content() const;

 private:
  struct Entry {
    std::string description;  // name, dtype and shape
    uint64_t bytes = 0;
    std::vector<Hash128> blocks;
    std::vector<uint8_t> known;  // not vector<bool>: threads set neighbours
  };
  std::map<std::string, Entry> tensors_;
};

// Hashes of the blocks of a tensor whose bytes come in order, from the beginning of a block to the end of one or of the tensor.
class BlockHashStream {
 public:
  void update(std::span<const std::byte> bytes);
  std::vector<Hash128> finish();  // of all blocks that came, the last one, shorter, too; starts anew

 private:
  std::vector<Hash128> blocks_;
  uint64_t filled_ = 0;
  HashStream stream_;
};

}  // namespace evergreen
