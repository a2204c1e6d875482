#include "evergreen/checkpoint/content_hash.hpp"

#include <fmt/format.h>

namespace evergreen {

uint64_t hash_blocks(uint64_t tensor_bytes) { return (tensor_bytes + kHashBlockBytes - 1) / kHashBlockBytes; }

ContentHash::ContentHash(const std::vector<TensorInfo>& tensors) {
  for (const TensorInfo& tensor : tensors) {
    // The length in front keeps names apart whatever characters they hold.
    tensors_[tensor.name] = {fmt::format("{} {} {} {}", tensor.name.size(), tensor.name,
                                         dtype_name(tensor.dtype), shape_text(tensor.shape)),
                             tensor.bytes(), std::vector<Hash128>(hash_blocks(tensor.bytes()))};
  }
}

void ContentHash::add_block(const std::string& tensor, uint64_t block, std::span<const std::byte> bytes) {
  add_block(tensor, block, hash_bytes(bytes));
}

void ContentHash::add_block(const std::string& tensor, uint64_t block, const Hash128& hash) {
  tensors_.at(tensor).blocks.at(block) = hash;
}

Hash128 ContentHash::tensor(const std::string& name) const {
  const Entry& entry = tensors_.at(name);
  return hash_tree(entry.bytes, entry.blocks);
}

Hash128 ContentHash::content() const {
  std::string text;
  for (const auto& [name, entry] : tensors_) {
    text += fmt::format("{} {}\n", entry.description, to_string(hash_tree(entry.bytes, entry.blocks)));
  }
  return hash_text(text);
}

}  // namespace evergreen
