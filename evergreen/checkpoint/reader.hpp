// Reading a checkpoint: one safetensors file, or a directory with model.safetensors or shards and an index.
//
// Tensors are read by (tensor, range of elements) into the caller's buffer, by pread: nothing is mapped,
// nothing needs a whole tensor in memory, every method is const and thread-safe.
//
// Errors    Error{input} at construction for every header that is not to the letter (safetensors.hpp), an
//           index that names a missing file or tensor, a tensor in two shards, a tensor in a shard that the
//           index lacks; Error{io} from read.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"
#include "evergreen/checkpoint/content_hash.hpp"
#include "evergreen/checkpoint/safetensors.hpp"

namespace evergreen {

class CheckpointReader {
 public:
  // `path`: a directory, an index (*.safetensors.index.json) or a .safetensors file.
  // Directory order of preference, as in transformers: model.safetensors, model.safetensors.index.json, then
  // the only other *.safetensors file. Pickled weights (*.bin, *.pt) alone are an error that says how to convert them.
  explicit CheckpointReader(const fs::path& path);

  const fs::path& path() const { return path_; }  // as given
  fs::path directory() const;                     // where config.json and the tokenizer lie
  const std::vector<TensorInfo>& tensors() const { return tensors_; }  // by shard, then file order
  const TensorInfo* find(const std::string& name) const;               // null: no such tensor
  const TensorInfo& get(const std::string& name) const;                // Error{input} with the nearest name
  const std::vector<fs::path>& shards() const { return shard_paths_; }
  const fs::path& shard_of(const TensorInfo& tensor) const;  // the file that holds it, for errors
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // of the first shard
  uint64_t total_bytes() const;                                                     // of all tensors

  // Elements [first, first + count) of `tensor` into `out`, which has exactly their bytes. For types of less
  // than a byte first and count must fall on whole bytes.
  void read(const TensorInfo& tensor, uint64_t first, uint64_t count, std::span<std::byte> out) const;
  // These elements will be read soon: the disk may begin. A hint, and not waited for.
  void read_ahead(const TensorInfo& tensor, uint64_t first, uint64_t count) const;
  std::vector<std::byte> read_all(const TensorInfo& tensor) const;  // small tensors and tests

  // Tree hash over blocks of kHashBlockBytes of the tensor's bytes.
  Hash128 tensor_hash(const TensorInfo& tensor) const;
  // Hash of (name, dtype, shape, tensor hash) over all tensors in order of name: the same however it is sharded.
  Hash128 content_hash(int threads = 0) const;
  // Reads the blocks that `hash` (of these tensors) does not know yet. `each` hears of the bytes of every block, from any
  // thread; what it throws ends the reading.
  void complete(ContentHash& hash, int threads = 0, const std::function<void(uint64_t)>& each = {}) const;

 private:
  void open_shards(const fs::path& weights);
  void require_as_indexed(const std::map<std::string, std::string>& weight_map, const fs::path& index) const;
  std::string file_name(const TensorInfo& tensor) const;

  fs::path path_;
  std::vector<fs::path> shard_paths_;
  std::vector<File> shards_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, size_t> by_name_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace evergreen
