// Tokenised documents on disk: what training and evaluation on text read.
//
//   header    magic "EVGTOK01", vocabulary size, number of documents, number of tokens, hash of what follows
//   offsets   documents + 1 x uint64: where each document's tokens start
//   tokens    uint32 each; the top bit marks a token that is context only, never a target (a prompt in SFT)
//
// Memory    offsets only (8 bytes a document); tokens are read by range.
// Errors    Error{input} for a file that is not one, is truncated, or whose hash does not match.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen {

inline constexpr uint32_t kContextOnly = uint32_t{1} << 31;

// Collects documents and writes the store whole or not at all.
class TokenStoreWriter {
 public:
  // `vocab_size` bounds the ids: an id outside is Error{internal}.
  TokenStoreWriter(const fs::path& path, int64_t vocab_size);
  void add(std::span<const uint32_t> tokens);           // one document; empty ones are ignored
  void replace_last(std::span<const uint32_t> tokens);  // the document added last, by a shorter one
  int64_t documents() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t tokens() const { return static_cast<int64_t>(offsets_.back()); }
  void finish();

 private:
  void flush(size_t count);

  fs::path path_, partial_;
  int64_t vocab_size_;
  File file_;  // tokens alone until finish()
  std::vector<uint64_t> offsets_ = {0};
  std::vector<uint32_t> buffer_;
  uint64_t written_ = 0;
};

class TokenStore {
 public:
  explicit TokenStore(const fs::path& path);

  int64_t vocab_size() const { return vocab_size_; }
  int64_t documents() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  int64_t tokens() const { return static_cast<int64_t>(offsets_.back()); }
  int64_t length(int64_t document) const;
  // Tokens [first, first + out.size()) of a document; thread-safe.
  void read(int64_t document, int64_t first, std::span<uint32_t> out) const;
  std::vector<uint32_t> read_all(int64_t document) const;
  const Hash128& hash() const { return hash_; }

 private:
  File file_;
  int64_t vocab_size_ = 0;
  uint64_t tokens_begin_ = 0;
  std::vector<uint64_t> offsets_;
  Hash128 hash_;
};

}  // namespace evergreen
