#include "evergreen/data/token_store.hpp"

#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

static_assert(std::endian::native == std::endian::little, "token stores are little-endian");
constexpr size_t kFlushTokens = size_t{1} << 20;

struct Header {
  std::array<char, 8> magic = {'E', 'V', 'G', 'T', 'O', 'K', '0', '1'};
  uint64_t vocab_size = 0, documents = 0, tokens = 0;
  uint64_t hash_high = 0, hash_low = 0;  // hash_tree of offsets, then of the token blocks
};
static_assert(sizeof(Header) == 48);

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

// The tokens in blocks of kHashBlockBytes, behind the offsets as block 0.
Hash128 store_hash(const File& file, uint64_t tokens_begin, uint64_t tokens,
                   const std::vector<uint64_t>& offsets) {
  std::vector<Hash128> blocks = {hash_bytes(bytes_of(offsets))};
  std::vector<std::byte> buffer(std::min<uint64_t>(kHashBlockBytes, tokens * sizeof(uint32_t)));
  for (uint64_t at = 0, end = tokens * sizeof(uint32_t); at < end; at += kHashBlockBytes) {
    const std::span<std::byte> part = std::span(buffer).first(std::min(kHashBlockBytes, end - at));
    file.read_at(tokens_begin + at, part);
    blocks.push_back(hash_bytes(part));
  }
  return hash_tree(tokens, blocks);
}

}  // namespace

TokenStoreWriter::TokenStoreWriter(const fs::path& path, int64_t vocab_size)
    : path_(path), partial_(path.string() + ".partial"), vocab_size_(vocab_size) {
  fs::remove(partial_);
  file_ = File(partial_, File::Mode::create);
}

void TokenStoreWriter::add(std::span<const uint32_t> tokens) {
  if (tokens.empty()) return;
  for (const uint32_t token : tokens) {
    if (static_cast<int64_t>(token & ~kContextOnly) >= vocab_size_) {
      throw Error(
          ErrorKind::internal,
          fmt::format("token {} is not below the vocabulary size {}", token & ~kContextOnly, vocab_size_),
          path_.string());
    }
  }
  buffer_.insert(buffer_.end(), tokens.begin(), tokens.end());
  offsets_.push_back(offsets_.back() + tokens.size());
  // The last document stays in memory, so that it can be replaced.
  if (buffer_.size() - tokens.size() >= kFlushTokens) flush(buffer_.size() - tokens.size());
}

void TokenStoreWriter::replace_last(std::span<const uint32_t> tokens) {
  buffer_.resize(buffer_.size() - (offsets_.back() - offsets_[offsets_.size() - 2]));
  offsets_.pop_back();
  add(tokens);
}

void TokenStoreWriter::flush(size_t count) {
  file_.write_at(written_, std::as_bytes(std::span(buffer_).first(count)));
  written_ += count * sizeof(uint32_t);
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(count));
}

// The size of the offsets is known only now, so the store is assembled in a second file.
void TokenStoreWriter::finish() {
  flush(buffer_.size());
  const fs::path whole = path_.string() + ".whole";
  fs::remove(whole);
  File out(whole, File::Mode::create);
  Header header;
  header.vocab_size = static_cast<uint64_t>(vocab_size_);
  header.documents = static_cast<uint64_t>(documents());
  header.tokens = offsets_.back();
  const Hash128 hash = store_hash(file_, 0, header.tokens, offsets_);
  header.hash_high = hash.high;
  header.hash_low = hash.low;
  out.write_at(0, std::as_bytes(std::span(&header, 1)));
  out.write_at(sizeof header, bytes_of(offsets_));
  const uint64_t begin = sizeof header + bytes_of(offsets_).size();
  std::vector<std::byte> buffer(kHashBlockBytes);
  for (uint64_t at = 0; at < written_; at += kHashBlockBytes) {
    const std::span<std::byte> part = std::span(buffer).first(std::min(kHashBlockBytes, written_ - at));
    file_.read_at(at, part);
    out.write_at(begin + at, part);
  }
  out.sync();
  out.close();
  file_.close();
  fs::rename(whole, path_);
  fs::remove(partial_);
}

TokenStore::TokenStore(const fs::path& path) : file_(path, File::Mode::read) {
  const std::string where = path.string();
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::input, what, where, "delete the file and tokenise the corpus again");
  };
  Header header;
  const uint64_t size = file_.size();
  if (size < sizeof header) refuse("this is not a token store: it is too short");
  file_.read_at(0, std::as_writable_bytes(std::span(&header, 1)));
  if (header.magic != Header{}.magic) refuse("this is not a token store");
  const uint64_t available = size - sizeof header;
  if (header.documents >= available / sizeof(uint64_t) || header.tokens > available / sizeof(uint32_t) ||
      (header.documents + 1) * sizeof(uint64_t) + header.tokens * sizeof(uint32_t) != available) {
    refuse(fmt::format("the token store is {} bytes long, its header tells of {} documents and {} tokens",
                       size, header.documents, header.tokens));
  }
  offsets_.resize(header.documents + 1);
  file_.read_at(sizeof header, std::as_writable_bytes(std::span(offsets_)));
  tokens_begin_ = sizeof header + offsets_.size() * sizeof(uint64_t);
  vocab_size_ = static_cast<int64_t>(header.vocab_size);
  hash_ = {header.hash_high, header.hash_low};
  if (store_hash(file_, tokens_begin_, header.tokens, offsets_) != hash_)
    refuse("the token store is damaged: its hash does not match");
}

int64_t TokenStore::length(int64_t document) const {
  const auto d = static_cast<size_t>(document);
  return static_cast<int64_t>(offsets_.at(d + 1) - offsets_.at(d));
}

void TokenStore::read(int64_t document, int64_t first, std::span<uint32_t> out) const {
  const uint64_t at = offsets_.at(static_cast<size_t>(document)) + static_cast<uint64_t>(first);
  file_.read_at(tokens_begin_ + at * sizeof(uint32_t), std::as_writable_bytes(out));
}

std::vector<uint32_t> TokenStore::read_all(int64_t document) const {
  std::vector<uint32_t> tokens(static_cast<size_t>(length(document)));
  read(document, 0, tokens);
  return tokens;
}

}  // namespace evergreen
