#include "evergreen/data/token_store.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr const char* kIndexFile = "index.json";
constexpr const char* kLengthsFile = "lengths.partial";
constexpr int kVersion = 2;

Hash128 parse_hash(const std::string& text, const std::string& where) {
  if (text.size() != 37 || !text.starts_with("xxh3:")) throw_json_member("hash", where, "is not a hash");
  const auto half = [&](size_t at) { return std::stoull(text.substr(at, 16), nullptr, 16); };
  return {half(5), half(21)};
}

// Of a store that was finished already, when the work around it was killed.
void write_lengths(const fs::path& directory) {
  const TokenStore store(directory);
  std::vector<uint32_t> lengths;
  for (int64_t document = 0; document < store.documents(); ++document)
    lengths.push_back(static_cast<uint32_t>(store.length(document)));
  const std::span<const std::byte> bytes = std::as_bytes(std::span(lengths));
  replace_file(directory / kLengthsFile, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

bool is_token_store(const fs::path& directory) { return fs::is_regular_file(directory / kIndexFile); }

TokenStoreWriter::TokenStoreWriter(const fs::path& directory, int64_t vocab_size, int64_t shard_tokens)
    : directory_(directory), vocab_size_(vocab_size), shard_tokens_(shard_tokens) {
  fs::remove_all(directory);
  fs::create_directories(directory);
  lengths_ = File(directory / kLengthsFile, File::Mode::create);
}

TokenStoreWriter::TokenStoreWriter(const fs::path& directory, int64_t vocab_size, int64_t shard_tokens,
                                   const TokenStoreState& state)
    : directory_(directory), vocab_size_(vocab_size), shard_tokens_(shard_tokens), finished_(state.finished) {
  for (const TokenShardInfo& shard : finished_) {
    documents_ += shard.documents;
    tokens_ += shard.tokens;
  }
  // All documents' lengths since the start: a kill after a shard was closed but before that was noted finds them.
  if (!fs::exists(directory / kLengthsFile)) write_lengths(directory);
  lengths_ = File(directory / kLengthsFile, File::Mode::read_write);
  lengths_bytes_ = static_cast<uint64_t>(documents_ + state.open_documents) * sizeof(uint32_t);
  std::vector<uint32_t> lengths(static_cast<size_t>(state.open_documents));
  lengths_.read_at(static_cast<uint64_t>(documents_) * sizeof(uint32_t),
                   std::as_writable_bytes(std::span(lengths)));
  lengths_.resize(lengths_bytes_);
  fs::remove(directory / kIndexFile);
  if (lengths.empty()) return;
  shard_.emplace(shard_path(finished_.size()), vocab_size_, lengths);
  documents_ += shard_->documents();
  tokens_ += shard_->tokens();
}

fs::path TokenStoreWriter::shard_path(size_t number) const {
  return directory_ / fmt::format("shard-{:05}.tok", number);
}

void TokenStoreWriter::add(std::span<const uint32_t> tokens) {
  for (const uint32_t token : tokens) {
    if (static_cast<int64_t>(token & ~kContextOnly) < vocab_size_) continue;
    throw Error(
        ErrorKind::internal,
        fmt::format("token {} is not below the vocabulary size {}", token & ~kContextOnly, vocab_size_),
        directory_.string());
  }
  const auto length = static_cast<uint32_t>(tokens.size());
  if (length > 0) add(tokens, std::span(&length, 1));
}

void TokenStoreWriter::add(std::span<const uint32_t> tokens, std::span<const uint32_t> lengths) {
  lengths_.write_at(lengths_bytes_, std::as_bytes(lengths));
  lengths_bytes_ += lengths.size_bytes();
  while (!lengths.empty()) {
    if (!shard_) shard_.emplace(shard_path(finished_.size()), vocab_size_);
    // As many documents as the shard takes: it ends with the first one at or beyond its size.
    size_t documents = 0, count = 0;
    while (documents < lengths.size() && shard_->tokens() + static_cast<int64_t>(count) < shard_tokens_)
      count += lengths[documents++];
    shard_->add(tokens.first(count), lengths.first(documents));
    documents_ += static_cast<int64_t>(documents);
    tokens_ += static_cast<int64_t>(count);
    tokens = tokens.subspan(count);
    lengths = lengths.subspan(documents);
    if (shard_->tokens() >= shard_tokens_) close_shard();
  }
}

void TokenStoreWriter::close_shard() {
  finished_.push_back(shard_->finish());
  shard_.reset();
}

TokenStoreState TokenStoreWriter::synced_state() {
  lengths_.sync();
  if (shard_) shard_->sync();
  return {finished_, shard_ ? shard_->documents() : 0};
}

void TokenStoreWriter::finish() {
  if (shard_) close_shard();
  lengths_.close();
  OrderedJson index = {
      {"format", "evergreen token store"}, {"version", kVersion}, {"vocab_size", vocab_size_},
      {"documents", documents_},           {"tokens", tokens_},   {"shards", OrderedJson::array()}};
  for (const TokenShardInfo& shard : finished_) {
    index["shards"].push_back({{"file", shard.file},
                               {"documents", shard.documents},
                               {"tokens", shard.tokens},
                               {"hash", to_string(shard.hash)}});
  }
  replace_file(directory_ / kIndexFile, to_text(index));
  fs::remove(directory_ / kLengthsFile);
}

TokenStore::TokenStore(const fs::path& directory) {
  if (!is_token_store(directory)) {
    throw Error(ErrorKind::input, "this is not a token store: it has no index.json", directory.string(),
                "make one with evergreen data prepare");
  }
  const fs::path file = directory / kIndexFile;
  const std::string where = file.string();
  const Json index = read_json(file);
  if (json_get<int>(index, "version", where) != kVersion)
    throw_json_member("version", where, fmt::format("is not {}", kVersion));
  vocab_size_ = json_get<int64_t>(index, "vocab_size", where);
  std::string all = fmt::format("{}\n", vocab_size_);
  for (const Json& entry : json_get<Json>(index, "shards", where)) {
    const auto name = json_get<std::string>(entry, "file", where);
    if (fs::path(name).filename() != name || name.empty())
      throw_json_member("file", where, "is not a file name");
    TokenShardInfo info{name, json_get<int64_t>(entry, "documents", where),
                        json_get<int64_t>(entry, "tokens", where),
                        parse_hash(json_get<std::string>(entry, "hash", where), where)};
    auto shard = std::make_unique<TokenShard>(directory / name);
    if (!(shard->hash() == info.hash) || shard->documents() != info.documents ||
        shard->vocab_size() != vocab_size_) {
      throw Error(ErrorKind::input, "the shard is not the one that the store's index names",
                  (directory / name).string(), "prepare the corpus again");
    }
    first_.push_back(first_.back() + info.documents);
    tokens_ += shard->tokens();
    all += to_string(info.hash) + "\n";
    shards_.push_back(std::move(shard));
    infos_.push_back(std::move(info));
  }
  hash_ = hash_text(all);
}

size_t TokenStore::shard_of(int64_t document) const {
  return static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), document) - first_.begin()) - 1;
}

int64_t TokenStore::length(int64_t document) const {
  const size_t shard = shard_of(document);
  return shards_.at(shard)->length(document - first_[shard]);
}

void TokenStore::read(int64_t document, int64_t first, std::span<uint32_t> out) const {
  const size_t shard = shard_of(document);
  shards_.at(shard)->read(document - first_[shard], first, out);
}

std::vector<uint32_t> TokenStore::read_all(int64_t document) const {
  std::vector<uint32_t> tokens(static_cast<size_t>(length(document)));
  read(document, 0, tokens);
  return tokens;
}

}  // namespace evergreen
