#include "evergreen/checkpoint/content_hash.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

uint64_t hash_blocks(uint64_t tensor_bytes) { return (tensor_bytes + kHashBlockBytes - 1) / kHashBlockBytes; }

ContentHash::ContentHash(const std::vector<TensorInfo>& tensors) {
  for (const TensorInfo& tensor : tensors) {
    const uint64_t blocks = hash_blocks(tensor.bytes());
    // The length in front keeps names apart whatever characters they hold.
    tensors_[tensor.name] = {fmt::format("{} {} {} {}", tensor.name.size(), tensor.name,
                                         dtype_name(tensor.dtype), shape_text(tensor.shape)),
                             tensor.bytes(), std::vector<Hash128>(blocks), std::vector<uint8_t>(blocks)};
  }
}

void ContentHash::add_block(const std::string& tensor, uint64_t block, std::span<const std::byte> bytes) {
  add_block(tensor, block, hash_bytes(bytes));
}

void ContentHash::add_block(const std::string& tensor, uint64_t block, const Hash128& hash) {
  Entry& entry = tensors_.at(tensor);
  entry.blocks.at(block) = hash;
  entry.known.at(block) = 1;
}

void ContentHash::add_blocks(const std::string& tensor, uint64_t first_block,
                             const std::vector<Hash128>& hashes) {
  for (size_t i = 0; i < hashes.size(); ++i) add_block(tensor, first_block + i, hashes[i]);
}

bool ContentHash::has_block(const std::string& tensor, uint64_t block) const {
  return tensors_.at(tensor).known.at(block) != 0;
}

Hash128 ContentHash::tensor(const std::string& name) const {
  const Entry& entry = tensors_.at(name);
  if (std::find(entry.known.begin(), entry.known.end(), 0) != entry.known.end()) {
    throw Error(ErrorKind::internal, fmt::format("tensor '{}' was not hashed whole", name));
  }
  return hash_tree(entry.bytes, entry.blocks);
}

std::map<std::string, std::string> ContentHash::tensors() const {
  std::map<std::string, std::string> hashes;
  for (const auto& [name, entry] : tensors_) hashes[name] = to_string(tensor(name));
  return hashes;
}

Hash128 ContentHash::content() const {
  std::string text;
  for (const auto& [name, entry] : tensors_) {
    text += fmt::format("{} {}\n", entry.description, to_string(tensor(name)));
  }
  return hash_text(text);
}

void BlockHashStream::update(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min<uint64_t>(bytes.size(), kHashBlockBytes - filled_));
    stream_.update(part);
    filled_ += part.size();
    bytes = bytes.subspan(part.size());
    if (filled_ < kHashBlockBytes) continue;
    blocks_.push_back(stream_.take());
    filled_ = 0;
  }
}

std::vector<Hash128> BlockHashStream::finish() {
  if (filled_ > 0) blocks_.push_back(stream_.take());
  filled_ = 0;
  return std::exchange(blocks_, {});
}

}  // namespace evergreen
