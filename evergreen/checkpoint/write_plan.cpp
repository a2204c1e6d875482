#include "evergreen/checkpoint/write_plan.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

std::vector<std::vector<size_t>> assign_shards(const std::vector<TensorInfo>& tensors,
                                               uint64_t max_shard_bytes) {
  std::vector<std::vector<size_t>> shards;
  std::vector<size_t> current;
  uint64_t current_bytes = 0;
  const auto close_shard = [&] {
    if (!current.empty()) shards.push_back(std::exchange(current, {}));
    current_bytes = 0;
  };
  for (size_t i = 0; i < tensors.size(); ++i) {
    const uint64_t bytes =
        tensor_bytes(tensors[i].dtype, tensors[i].shape, fmt::format("tensor '{}'", tensors[i].name));
    if (bytes > max_shard_bytes) {
      shards.push_back({i});
      continue;
    }
    if (bytes > max_shard_bytes - current_bytes) close_shard();
    current.push_back(i);
    current_bytes += bytes;
  }
  close_shard();
  if (shards.empty()) shards.emplace_back();
  return shards;
}

}  // namespace

Layout lay_out(const std::vector<TensorSpec>& plan, const WriterOptions& options) {
  Layout layout;
  for (const TensorSpec& spec : plan) layout.tensors.push_back({spec.name, spec.dtype, spec.shape});
  const auto shards = assign_shards(layout.tensors, options.max_shard_bytes);
  std::set<std::string> names;
  for (size_t shard = 0; shard < shards.size(); ++shard) {
    // Wide elements first: so each tensor begins at a multiple of its element's size.
    std::vector<size_t> order = shards[shard];
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return dtype_bits(layout.tensors[a].dtype) > dtype_bits(layout.tensors[b].dtype);
    });
    std::vector<TensorInfo> placed;
    for (const size_t i : order) placed.push_back(layout.tensors[i]);
    layout.headers.push_back(make_safetensors_header(placed, options.metadata));
    layout.shard_bytes.push_back(placed.empty() ? layout.headers.back().size() : placed.back().end);
    for (size_t i = 0; i < order.size(); ++i) {
      placed[i].shard = static_cast<int>(shard);
      if (!names.insert(placed[i].name).second) {
        throw Error(ErrorKind::input, fmt::format("the tensor '{}' is planned twice", placed[i].name));
      }
      layout.tensors[order[i]] = placed[i];
    }
    layout.shards.push_back(shards.size() == 1 ? options.stem + ".safetensors"
                                               : fmt::format("{}-{:05}-of-{:05}.safetensors", options.stem,
                                                             shard + 1, shards.size()));
  }
  return layout;
}

std::string plan_to_text(const std::vector<TensorSpec>& plan, const WriterOptions& options) {
  OrderedJson json;
  json["plan_id"] = options.plan_id;
  json["stem"] = options.stem;
  json["max_shard_bytes"] = options.max_shard_bytes;
  json["metadata"] = options.metadata;
  json["sync"] = options.sync;
  json["tensors"] = OrderedJson::array();
  for (const TensorSpec& spec : plan) {
    json["tensors"].push_back(
        {{"name", spec.name}, {"dtype", dtype_name(spec.dtype)}, {"shape", spec.shape}});
  }
  return to_text(json);
}

std::pair<std::vector<TensorSpec>, WriterOptions> plan_from_text(const std::string& text,
                                                                 const std::string& where) {
  const Json json = parse_json(text, where);
  WriterOptions options;
  options.plan_id = json_get<std::string>(json, "plan_id", where);
  options.stem = json_get<std::string>(json, "stem", where);
  options.max_shard_bytes = json_get<uint64_t>(json, "max_shard_bytes", where);
  options.metadata = json_get<std::map<std::string, std::string>>(json, "metadata", where);
  options.sync = json_get<bool>(json, "sync", where);
  std::vector<TensorSpec> plan;
  for (const Json& tensor : json_get<Json>(json, "tensors", where)) {
    const auto dtype = dtype_from_name(json_get<std::string>(tensor, "dtype", where));
    if (!dtype) throw_json_member("dtype", where, "is not known");
    plan.push_back({json_get<std::string>(tensor, "name", where), *dtype,
                    json_get<std::vector<int64_t>>(tensor, "shape", where)});
  }
  return {std::move(plan), std::move(options)};
}

}  // namespace evergreen
