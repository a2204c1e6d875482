// One shard of tokenised documents: a file (*.tok), little-endian.
//
//   header    72 bytes: magic "EVGTOK02"; vocabulary size, documents, tokens, bytes of a block (uint64 each); hash of the tables,
//             hash of the header up to here (128 bits each)
//   tokens    uint32 each; the top bit marks a token that is context only, never a target (a prompt in SFT); padded to 8 bytes
//   tables    documents + 1 x uint64: where each document's tokens begin; then a hash (128 bits) for each block of 64 KiB of tokens
//
// Tokens come first, so that a shard is written front to back while it grows. A block is checked against its hash when
// it is first read: opening reads the header and the tables alone, whatever the size, and damage never trains a model.
// Memory    the tables: 8 bytes a document and 16 bytes for every 64 KiB of tokens.
// Errors    Error{input} for a file that is not one, is truncated, or whose hashes do not match.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen {

inline constexpr uint32_t kContextOnly = uint32_t{1} << 31;
inline constexpr uint64_t kTokenBlockBytes = uint64_t{1} << 16;

struct TokenShardInfo {
  std::string file;
  int64_t documents = 0, tokens = 0;
  Hash128 hash;  // of the header, and so of everything
};

class TokenShardWriter {
 public:
  // A new shard; or, with `lengths` of the documents that are in it already, one that a kill left: what is behind them is
  // cut off.
  TokenShardWriter(const fs::path& path, int64_t vocab_size, const std::vector<uint32_t>& lengths = {});

  // Documents back to back, with their lengths.
  void add(std::span<const uint32_t> tokens, std::span<const uint32_t> lengths);
  void sync() { file_.sync(); }
  int64_t documents() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t tokens() const { return static_cast<int64_t>(offsets_.back()); }
  TokenShardInfo finish();

 private:
  void hash_tokens(std::span<const std::byte> bytes);

  fs::path path_;
  int64_t vocab_size_;
  File file_;
  std::vector<uint64_t> offsets_ = {0};
  std::vector<Hash128> blocks_;
  HashStream block_;
  uint64_t block_bytes_ = 0;  // in `block_`
};

class TokenShard {
 public:
  explicit TokenShard(const fs::path& path);

  int64_t vocab_size() const { return vocab_size_; }
  int64_t documents() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t tokens() const { return static_cast<int64_t>(offsets_.back()); }
  int64_t length(int64_t document) const;
  const Hash128& hash() const { return hash_; }
  // Tokens [first, first + out.size()) of a document; thread-safe.
  void read(int64_t document, int64_t first, std::span<uint32_t> out) const;
  void verify() const;  // reads everything

 private:
  void check_block(uint64_t block, std::vector<std::byte>& buffer) const;

  File file_;
  int64_t vocab_size_ = 0;
  std::vector<uint64_t> offsets_;
  std::vector<Hash128> blocks_;
  Hash128 hash_;
  std::unique_ptr<std::atomic<bool>[]> checked_;
};

}  // namespace evergreen
