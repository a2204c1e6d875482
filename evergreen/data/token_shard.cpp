#include "evergreen/data/token_shard.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

static_assert(std::endian::native == std::endian::little, "token shards are little-endian");

struct Header {
  std::array<char, 8> magic = {'E', 'V', 'G', 'T', 'O', 'K', '0', '2'};
  uint64_t vocab_size = 0, documents = 0, tokens = 0, block_bytes = kTokenBlockBytes;
  Hash128 tables, own;  // `own`: of all before it
};
static_assert(sizeof(Header) == 72);

std::span<const std::byte> hashed_part(const Header& header) {
  return std::as_bytes(std::span(&header, 1)).first(sizeof(Header) - sizeof(Hash128));
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

Hash128 tables_hash(const std::vector<uint64_t>& offsets, const std::vector<Hash128>& blocks) {
  HashStream stream;
  stream.update(bytes_of(offsets));
  stream.update(bytes_of(blocks));
  return stream.take();
}

uint64_t tables_begin(uint64_t tokens) { return sizeof(Header) + (tokens * sizeof(uint32_t) + 7) / 8 * 8; }
uint64_t block_count(uint64_t tokens) {
  return (tokens * sizeof(uint32_t) + kTokenBlockBytes - 1) / kTokenBlockBytes;
}

}  // namespace

TokenShardWriter::TokenShardWriter(const fs::path& path, int64_t vocab_size,
                                   const std::vector<uint32_t>& lengths)
    : path_(path), vocab_size_(vocab_size) {
  if (lengths.empty()) {
    fs::remove(path);
    file_ = File(path, File::Mode::create);
    return;
  }
  for (const uint32_t length : lengths) offsets_.push_back(offsets_.back() + length);
  file_ = File(path, File::Mode::read_write);
  const uint64_t bytes = offsets_.back() * sizeof(uint32_t);
  if (file_.size() < sizeof(Header) + bytes) {
    throw Error(ErrorKind::input, "the tokens of an unfinished run are damaged", path.string(),
                "remove the directory and start anew");
  }
  file_.resize(sizeof(Header) + bytes);
  std::vector<std::byte> buffer(kTokenBlockBytes);
  for (uint64_t at = 0; at < bytes; at += buffer.size()) {
    const auto part = std::span(buffer).first(std::min<uint64_t>(buffer.size(), bytes - at));
    file_.read_at(sizeof(Header) + at, part);
    hash_tokens(part);
  }
}

void TokenShardWriter::hash_tokens(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const size_t count = std::min<uint64_t>(bytes.size(), kTokenBlockBytes - block_bytes_);
    block_.update(bytes.first(count));
    block_bytes_ += count;
    bytes = bytes.subspan(count);
    if (block_bytes_ < kTokenBlockBytes) continue;
    blocks_.push_back(block_.take());
    block_bytes_ = 0;
  }
}

void TokenShardWriter::add(std::span<const uint32_t> tokens, std::span<const uint32_t> lengths) {
  const std::span<const std::byte> bytes = std::as_bytes(tokens);
  file_.write_at(sizeof(Header) + offsets_.back() * sizeof(uint32_t), bytes);
  hash_tokens(bytes);
  for (const uint32_t length : lengths) offsets_.push_back(offsets_.back() + length);
}

TokenShardInfo TokenShardWriter::finish() {
  if (block_bytes_ > 0) blocks_.push_back(block_.take());
  block_bytes_ = 0;
  Header header;
  header.vocab_size = static_cast<uint64_t>(vocab_size_);
  header.documents = static_cast<uint64_t>(documents());
  header.tokens = offsets_.back();
  header.tables = tables_hash(offsets_, blocks_);
  header.own = hash_bytes(hashed_part(header));
  const uint64_t begin = tables_begin(header.tokens);
  file_.resize(begin);
  file_.write_at(begin, bytes_of(offsets_));
  file_.write_at(begin + bytes_of(offsets_).size(), bytes_of(blocks_));
  file_.write_at(0, std::as_bytes(std::span(&header, 1)));
  file_.sync();
  file_.close();
  return {path_.filename().string(), documents(), tokens(), header.own};
}

TokenShard::TokenShard(const fs::path& path) : file_(path, File::Mode::read) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::input, what, path.string(), "prepare the corpus again");
  };
  Header header;
  const uint64_t size = file_.size();
  if (size < sizeof header) refuse("this is not a token shard: it is too short");
  file_.read_at(0, std::as_writable_bytes(std::span(&header, 1)));
  if (header.magic != Header{}.magic) refuse("this is not a token shard of this version");
  if (hash_bytes(hashed_part(header)) != header.own) refuse("the token shard's header is damaged");
  const bool fits = header.block_bytes == kTokenBlockBytes && header.tokens <= size / sizeof(uint32_t) &&
                    header.documents < size / sizeof(uint64_t);
  if (!fits || tables_begin(header.tokens) + (header.documents + 1) * sizeof(uint64_t) +
                       block_count(header.tokens) * sizeof(Hash128) !=
                   size) {
    refuse(fmt::format("the token shard is {} bytes long, its header tells of {} documents and {} tokens",
                       size, header.documents, header.tokens));
  }
  offsets_.resize(header.documents + 1);
  blocks_.resize(block_count(header.tokens));
  file_.read_at(tables_begin(header.tokens), std::as_writable_bytes(std::span(offsets_)));
  file_.read_at(tables_begin(header.tokens) + bytes_of(offsets_).size(),
                std::as_writable_bytes(std::span(blocks_)));
  if (tables_hash(offsets_, blocks_) != header.tables) refuse("the token shard's tables are damaged");
  vocab_size_ = static_cast<int64_t>(header.vocab_size);
  hash_ = header.own;
  checked_ = std::make_unique<std::atomic<bool>[]>(blocks_.size());
}

int64_t TokenShard::length(int64_t document) const {
  const auto d = static_cast<size_t>(document);
  return static_cast<int64_t>(offsets_.at(d + 1) - offsets_.at(d));
}

void TokenShard::check_block(uint64_t block, std::vector<std::byte>& buffer) const {
  const uint64_t begin = block * kTokenBlockBytes, end = offsets_.back() * sizeof(uint32_t);
  buffer.resize(std::min(kTokenBlockBytes, end - begin));
  file_.read_at(sizeof(Header) + begin, buffer);
  if (hash_bytes(buffer) != blocks_[block]) {
    throw Error(ErrorKind::input,
                fmt::format("the token shard is damaged: bytes {} to {} do not match their hash",
                            sizeof(Header) + begin, sizeof(Header) + begin + buffer.size()),
                file_.path().string(), "prepare the corpus again");
  }
  checked_[block].store(true, std::memory_order_relaxed);
}

void TokenShard::read(int64_t document, int64_t first, std::span<uint32_t> out) const {
  if (out.empty()) return;
  const uint64_t begin =
      (offsets_.at(static_cast<size_t>(document)) + static_cast<uint64_t>(first)) * sizeof(uint32_t);
  const uint64_t end = begin + out.size_bytes();
  std::vector<std::byte> buffer;
  for (uint64_t block = begin / kTokenBlockBytes; block <= (end - 1) / kTokenBlockBytes; ++block) {
    if (!checked_[block].load(std::memory_order_relaxed)) check_block(block, buffer);
  }
  file_.read_at(sizeof(Header) + begin, std::as_writable_bytes(out));
}

void TokenShard::verify() const {
  std::vector<std::byte> buffer;
  for (uint64_t block = 0; block < blocks_.size(); ++block) check_block(block, buffer);
}

}  // namespace evergreen
