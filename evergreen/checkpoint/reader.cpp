#include "evergreen/checkpoint/reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/missing_model.hpp"
#include "evergreen/checkpoint/safetensors_index.hpp"

namespace evergreen {
namespace {

constexpr std::string_view kIndexSuffix = ".safetensors.index.json";
constexpr uint64_t kMaxIndexBytes = uint64_t{1} << 30;

bool is_pickle(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".bin" || extension == ".pt" || extension == ".pth" || extension == ".ckpt";
}

[[noreturn]] void throw_pickle(const fs::path& path) {
  throw Error(ErrorKind::input, "the weights are pickled, which can run any code when opened", path.string(),
              "convert them once: AutoModelForCausalLM.from_pretrained(dir).save_pretrained(new_dir) in "
              "transformers writes "
              "safetensors");
}

// The file that names or holds the weights of a directory.
fs::path find_weights(const fs::path& directory) {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"}) {
    if (fs::exists(directory / name)) return directory / name;
  }
  std::vector<fs::path> weights, pickles;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".safetensors") weights.push_back(entry.path());
    if (is_pickle(entry.path()) && entry.path().filename() != "training_args.bin")
      pickles.push_back(entry.path());
  }
  if (weights.size() == 1) return weights.front();
  if (weights.size() > 1) {
    throw Error(ErrorKind::input,
                fmt::format("{} safetensors files, but no model.safetensors.index.json", weights.size()),
                directory.string(), "fetch the index too, or name one file");
  }
  if (!pickles.empty()) throw_pickle(*std::min_element(pickles.begin(), pickles.end()));
  throw Error(ErrorKind::input, "there are no weights (*.safetensors) in this directory", directory.string(),
              "pass the directory that has config.json and the weights");
}

fs::path resolve_weights(const fs::path& path) {
  try {
    const fs::file_status status = fs::status(path);
    if (!fs::exists(status)) throw missing_model(path);
    if (fs::is_directory(status)) return find_weights(path);
    if (!fs::is_regular_file(status)) {
      throw Error(ErrorKind::input, "this is neither a directory nor a regular file", path.string(),
                  "pass a directory or a .safetensors file");
    }
  } catch (const fs::filesystem_error& error) {
    throw system_error(error.code().value(), "cannot look for weights", path.string());
  }
  if (is_pickle(path)) throw_pickle(path);
  return path;
}

SafetensorsHeader read_header(const File& file) {
  const std::string where = file.path().string();
  const uint64_t file_bytes = file.size();
  if (file_bytes < 8) {
    throw Error(ErrorKind::input,
                fmt::format("the file has {} bytes, a safetensors file at least 8", file_bytes), where,
                "the file is cut off: fetch it again");
  }
  std::array<std::byte, 8> length_bytes;
  file.read_at(0, length_bytes);
  uint64_t length = 0;
  for (size_t i = 0; i < 8; ++i) length |= std::to_integer<uint64_t>(length_bytes[i]) << 8 * i;
  if (length > kMaxSafetensorsHeaderBytes) {
    throw Error(ErrorKind::input,
                fmt::format("the header would have {} bytes, at most {} are allowed", length,
                            kMaxSafetensorsHeaderBytes),
                where, "this is not a safetensors file");
  }
  if (length > file_bytes - 8) {
    throw Error(ErrorKind::input,
                fmt::format("the header would end at byte {}, but the file has {}", 8 + length, file_bytes),
                where, "the file is cut off: fetch it again");
  }
  std::string json(length, '\0');
  file.read_at(8, std::as_writable_bytes(std::span(json)));
  return parse_safetensors_header(json, file_bytes, where);
}

[[noreturn]] void throw_misplaced(const std::string& tensor, const std::string& problem,
                                  const fs::path& index) {
  throw Error(ErrorKind::input, fmt::format("tensor '{}' {}", tensor, problem), index.string(),
              "the index and the shards are not of one model: fetch them again");
}

}  // namespace

CheckpointReader::CheckpointReader(const fs::path& path) : path_(path) {
  const fs::path weights = resolve_weights(path);
  if (!weights.filename().string().ends_with(kIndexSuffix)) {
    shard_paths_ = {weights};
    open_shards(weights);
    return;
  }
  const std::map<std::string, std::string> weight_map =
      parse_safetensors_index(read_text(weights, kMaxIndexBytes), weights.string());
  std::set<std::string> files;
  for (const auto& [tensor, file] : weight_map) files.insert(file);
  for (const std::string& file : files) {
    shard_paths_.push_back(weights.parent_path() / file);
    if (!fs::exists(shard_paths_.back())) {
      throw Error(ErrorKind::input, fmt::format("the index names {}, but there is no such file", file),
                  weights.string(), "fetch the missing shard");
    }
  }
  open_shards(weights);
  require_as_indexed(weight_map, weights);
}

void CheckpointReader::open_shards(const fs::path& weights) {
  for (const fs::path& path : shard_paths_) {
    shards_.emplace_back(path, File::Mode::read);
    SafetensorsHeader header = read_header(shards_.back());
    if (shards_.size() == 1) metadata_ = std::move(header.metadata);
    for (TensorInfo& tensor : header.tensors) {
      tensor.shard = static_cast<int>(shards_.size()) - 1;
      const auto [twin, is_new] = by_name_.emplace(tensor.name, tensors_.size());
      if (!is_new) {
        throw_misplaced(
            tensor.name,
            fmt::format("is in {} and in {}", file_name(tensors_[twin->second]), file_name(tensor)), weights);
      }
      tensors_.push_back(std::move(tensor));
    }
  }
}

void CheckpointReader::require_as_indexed(const std::map<std::string, std::string>& weight_map,
                                          const fs::path& index) const {
  for (const auto& [name, file] : weight_map) {
    const TensorInfo* tensor = find(name);
    if (tensor == nullptr || file_name(*tensor) != file) {
      throw_misplaced(
          name, fmt::format("should be in {}, but is in {}", file, tensor ? file_name(*tensor) : "no shard"),
          index);
    }
  }
  for (const TensorInfo& tensor : tensors_) {
    if (!weight_map.contains(tensor.name)) {
      throw_misplaced(tensor.name, fmt::format("is in {}, but not in the index", file_name(tensor)), index);
    }
  }
}

std::string CheckpointReader::file_name(const TensorInfo& tensor) const {
  return shard_of(tensor).filename().string();
}

const fs::path& CheckpointReader::shard_of(const TensorInfo& tensor) const {
  return shard_paths_.at(static_cast<size_t>(tensor.shard));
}

fs::path CheckpointReader::directory() const {
  if (fs::is_directory(path_)) return path_;
  return path_.has_parent_path() ? path_.parent_path() : fs::path(".");
}

const TensorInfo* CheckpointReader::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

const TensorInfo& CheckpointReader::get(const std::string& name) const {
  if (const TensorInfo* tensor = find(name)) return *tensor;
  std::vector<std::string> names;
  for (const TensorInfo& tensor : tensors_) names.push_back(tensor.name);
  const std::string nearest = nearest_name(name, names);
  throw Error(ErrorKind::input, fmt::format("there is no tensor '{}'", name), path_.string(),
              nearest.empty() ? fmt::format("the checkpoint has {} others", names.size())
                              : fmt::format("did you mean '{}'?", nearest));
}

uint64_t CheckpointReader::total_bytes() const {
  uint64_t bytes = 0;
  for (const TensorInfo& tensor : tensors_) bytes += tensor.bytes();
  return bytes;
}

void CheckpointReader::read(const TensorInfo& tensor, uint64_t first, uint64_t count,
                            std::span<std::byte> out) const {
  const auto bits = static_cast<uint64_t>(dtype_bits(tensor.dtype));
  const uint64_t elements = tensor.elements();
  if (first > elements || count > elements - first || first * bits % 8 != 0 || count * bits % 8 != 0 ||
      out.size() != count * bits / 8) {
    throw Error(ErrorKind::internal,
                fmt::format("cannot read elements {} to {} of tensor '{}', which has {}, into {} bytes",
                            first, first + count, tensor.name, elements, out.size()),
                path_.string());
  }
  shards_.at(static_cast<size_t>(tensor.shard)).read_at(tensor.begin + first * bits / 8, out);
}

void CheckpointReader::read_ahead(const TensorInfo& tensor, uint64_t first, uint64_t count) const {
  const auto bits = static_cast<uint64_t>(dtype_bits(tensor.dtype));
  shards_.at(static_cast<size_t>(tensor.shard))
      .advise(tensor.begin + first * bits / 8, count * bits / 8, File::Hint::read_ahead);
}

std::vector<std::byte> CheckpointReader::read_all(const TensorInfo& tensor) const {
  std::vector<std::byte> bytes(tensor.bytes());
  read(tensor, 0, tensor.elements(), bytes);
  return bytes;
}

Hash128 CheckpointReader::tensor_hash(const TensorInfo& tensor) const {
  std::vector<std::byte> buffer(std::min(tensor.bytes(), kHashBlockBytes));
  std::vector<Hash128> blocks;
  for (uint64_t begin = 0; begin < tensor.bytes(); begin += kHashBlockBytes) {
    const std::span<std::byte> block =
        std::span(buffer).first(std::min(kHashBlockBytes, tensor.bytes() - begin));
    shards_.at(static_cast<size_t>(tensor.shard)).read_at(tensor.begin + begin, block);
    blocks.push_back(hash_bytes(block));
  }
  return hash_tree(tensor.bytes(), blocks);
}

void CheckpointReader::complete(ContentHash& hash, int threads,
                                const std::function<void(uint64_t)>& each) const {
  struct Block {
    const TensorInfo* tensor;
    uint64_t index;
  };
  std::vector<Block> missing;
  for (const TensorInfo& tensor : tensors_) {
    for (uint64_t i = 0; i < hash_blocks(tensor.bytes()); ++i) {
      if (!hash.has_block(tensor.name, i)) missing.push_back({&tensor, i});
    }
  }
  parallel_for(static_cast<int64_t>(missing.size()), threads, [&](int64_t i) {
    const auto& [tensor, index] = missing[static_cast<size_t>(i)];
    std::vector<std::byte> buffer(std::min(kHashBlockBytes, tensor->bytes() - index * kHashBlockBytes));
    shards_.at(static_cast<size_t>(tensor->shard)).read_at(tensor->begin + index * kHashBlockBytes, buffer);
    hash.add_block(tensor->name, index, buffer);
    if (each) each(buffer.size());
  });
}

Hash128 CheckpointReader::content_hash(int threads) const {
  ContentHash hash(tensors_);
  complete(hash, threads);
  return hash.content();
}

}  // namespace evergreen
