// Tokenised documents on disk, in order: what training reads. A directory of shards of bounded size (token_shard.hpp) with
//
//   index.json   format version, vocabulary size, and of every shard its file, documents, tokens and hash; written last
//
// Errors    Error{input} for a directory that is no store, and what token_shard.hpp names.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evergreen/data/token_shard.hpp"

namespace evergreen {

inline constexpr int64_t kShardTokens = int64_t{1} << 26;  // 256 MiB

// Where a writer stood, so that it can go on there after a kill.
struct TokenStoreState {
  std::vector<TokenShardInfo> finished;
  int64_t open_documents = 0;  // in the shard after them
};

class TokenStoreWriter {
 public:
  // Makes `directory`, or empties it. A shard is closed with the first document at or beyond `shard_tokens`.
  TokenStoreWriter(const fs::path& directory, int64_t vocab_size, int64_t shard_tokens = kShardTokens);
  // Goes on where synced_state() was taken; what was added since is cut off.
  TokenStoreWriter(const fs::path& directory, int64_t vocab_size, int64_t shard_tokens,
                   const TokenStoreState& state);

  // One document; empty ones are ignored. An id outside the vocabulary is Error{internal}.
  void add(std::span<const uint32_t> tokens);
  // Several, back to back; none is empty, ids are the caller's to check.
  void add(std::span<const uint32_t> tokens, std::span<const uint32_t> lengths);
  TokenStoreState synced_state();  // after all has reached the disk

  int64_t documents() const { return documents_; }
  int64_t tokens() const { return tokens_; }
  void finish();

 private:
  fs::path shard_path(size_t number) const;
  void close_shard();

  fs::path directory_;
  int64_t vocab_size_, shard_tokens_;
  std::vector<TokenShardInfo> finished_;
  std::optional<TokenShardWriter> shard_;
  File lengths_;  // of the open shard's documents: what finish() writes as its table
  uint64_t lengths_bytes_ = 0;
  int64_t documents_ = 0, tokens_ = 0;
};

class TokenStore {
 public:
  explicit TokenStore(const fs::path& directory);

  int64_t vocab_size() const { return vocab_size_; }
  int64_t documents() const { return first_.back(); }
  int64_t tokens() const { return tokens_; }
  int64_t length(int64_t document) const;
  // Tokens [first, first + out.size()) of a document; thread-safe.
  void read(int64_t document, int64_t first, std::span<uint32_t> out) const;
  std::vector<uint32_t> read_all(int64_t document) const;
  const Hash128& hash() const { return hash_; }  // of all that is in it, and of how it is cut into shards
  const std::vector<TokenShardInfo>& shards() const { return infos_; }
  void verify(size_t shard) const { shards_[shard]->verify(); }

 private:
  size_t shard_of(int64_t document) const;

  int64_t vocab_size_ = 0, tokens_ = 0;
  std::vector<TokenShardInfo> infos_;
  std::vector<std::unique_ptr<TokenShard>> shards_;
  std::vector<int64_t> first_ = {0};  // document of each shard; one more at the end
  Hash128 hash_;
};

bool is_token_store(const fs::path& directory);

}  // namespace evergreen
