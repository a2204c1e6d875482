#include "evergreen/pipeline/fingerprint.hpp"

#include <algorithm>
#include <map>

#include "evergreen/base/hash.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kTensorBytes = 4096;

}  // namespace

std::string fingerprint(const CheckpointReader& checkpoint) {
  std::map<std::string, std::string> parts;  // by name: the same however it is sharded
  for (const TensorInfo& tensor : checkpoint.tensors()) {
    const uint64_t count =
        std::min(tensor.elements(), kTensorBytes * 8 / static_cast<uint64_t>(dtype_bits(tensor.dtype)));
    std::vector<std::byte> bytes(count * static_cast<uint64_t>(dtype_bits(tensor.dtype)) / 8);
    checkpoint.read(tensor, 0, count, bytes);
    parts[tensor.name] =
        std::string(dtype_name(tensor.dtype)) + shape_text(tensor.shape) + to_string(hash_bytes(bytes));
  }
  std::string all;
  for (const auto& [name, part] : parts) all += name + " " + part + "\n";
  return to_string(hash_text(all));
}

}  // namespace evergreen
