#include "evergreen/residual/compatibility.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/residual/combine.hpp"
#include "evergreen/residual/model_card.hpp"
#include "evergreen/residual/residual.hpp"

namespace evergreen {
namespace {

// What weights of one model mean under these names they mean in the other only if these agree. Names of
// several families: a model has some of them.
constexpr std::array kMustAgree = {
    "model_type",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
    "tie_word_embeddings",
    "hidden_act",
    "attention_bias",
    "mlp_bias",
    "n_embd",
    "n_layer",
    "n_head",
    "d_model",
    "num_experts",
    "num_local_experts",
    "num_experts_per_tok",
    "moe_intermediate_size",
};
constexpr std::array kMayDiffer = {
    "rope_theta",   "rope_scaling",   "rope_parameters",      "max_position_embeddings",
    "rms_norm_eps", "sliding_window", "partial_rotary_factor"};

struct Difference {
  std::string what, where, next;
};

struct Pair {
  const Role& left;
  const Role& right;
  bool rows_aligned = false;
  Json left_config, right_config;  // null: the side has no config.json
};

Json read_config(const Role& role) {
  const fs::path path = role.reader->directory() / "config.json";
  std::error_code failed;
  if (!fs::exists(path, failed)) return {};
  Json config = read_json(path);
  if (!config.is_object()) {
    throw Error(ErrorKind::input, "config.json is not an object", path.string(),
                "use the config.json of the model's release");
  }
  return config;
}

std::string files(const Pair& pair, const std::string& name) {
  return fmt::format("{} and {}", (pair.left.reader->directory() / name).string(),
                     (pair.right.reader->directory() / name).string());
}

const Json* member(const Json& config, const char* name) {
  const auto found = config.is_object() ? config.find(name) : config.end();
  return found == config.end() || found->is_null() ? nullptr : &*found;
}

// A member that one side lacks has its default there, which only the model's code knows: it is not compared.
bool differs(const Pair& pair, const char* name) {
  const Json *left = member(pair.left_config, name), *right = member(pair.right_config, name);
  return left != nullptr && right != nullptr && *left != *right;
}

Difference config_difference(const Pair& pair, const char* name, const std::string& next) {
  return {fmt::format("'{}' is {} in the {} and {} in the {}", name, member(pair.left_config, name)->dump(),
                      pair.left.name, member(pair.right_config, name)->dump(), pair.right.name),
          files(pair, "config.json"), next};
}

void compare_architectures(const Pair& pair, std::vector<Difference>& found) {
  for (const char* name : {"architectures", "model_type"}) {
    if (differs(pair, name))
      found.push_back(config_difference(pair, name, "pass models of one architecture"));
  }
}

void compare_configs(const Pair& pair, std::vector<Difference>& found) {
  for (const char* name : kMustAgree) {
    if (std::string_view(name) == "model_type" || !differs(pair, name)) continue;
    if (pair.rows_aligned && std::string_view(name) == "vocab_size") continue;
    found.push_back(config_difference(pair, name, "pass models of one architecture and size"));
  }
}

std::string advice(const Pair& pair) {
  return fmt::format("pass the {} that belongs to this {}", pair.left.name, pair.right.name);
}

std::string nearest_tensor(const std::string& name, const CheckpointReader& reader) {
  std::vector<std::string> names;
  for (const TensorInfo& tensor : reader.tensors()) names.push_back(tensor.name);
  return nearest_name(name, names);
}

// Tied: an output layer that one side stores and the other reads from its embedding.
bool may_be_missing(const TensorInfo& tensor, const Role& from, const Role& lacking,
                    const Json& lacking_config) {
  if (!has_arithmetic(tensor.dtype) && (is_residual(*lacking.reader) || is_residual(*from.reader)))
    return true;
  if (find_or_tied(*lacking.reader, tensor.name) == nullptr) return false;
  const Json* tied = member(lacking_config, "tie_word_embeddings");
  return tied != nullptr && tied->is_boolean() && tied->get<bool>();
}

void compare_names(const Pair& pair, bool from_left, std::vector<Difference>& found) {
  const Role &from = from_left ? pair.left : pair.right, &lacking = from_left ? pair.right : pair.left;
  const Json& lacking_config = from_left ? pair.right_config : pair.left_config;
  for (const TensorInfo& tensor : from.reader->tensors()) {
    if (lacking.reader->find(tensor.name) != nullptr || may_be_missing(tensor, from, lacking, lacking_config))
      continue;
    std::string next = advice(pair);
    if (found.empty()) {  // of the first alone: the search takes its time
      const std::string nearest = nearest_tensor(tensor.name, *lacking.reader);
      if (!nearest.empty()) next = fmt::format("the nearest name there is '{}'; {}", nearest, next);
    }
    found.push_back(
        {fmt::format("tensor '{}' of the {} is not in the {}", tensor.name, from.name, lacking.name),
         fmt::format("{} and {}", from.reader->shard_of(tensor).string(), lacking.reader->path().string()),
         next});
  }
}

// Both hold a row for each token, and the rows are alike.
bool differs_in_rows(const TensorInfo& left, const TensorInfo& right) {
  if (!has_token_rows(left.name) || left.shape.size() != right.shape.size() || left.shape.empty())
    return false;
  return std::equal(left.shape.begin() + 1, left.shape.end(), right.shape.begin() + 1) &&
         left.shape[0] != right.shape[0] &&
         (left.dtype == right.dtype || (has_arithmetic(left.dtype) && has_arithmetic(right.dtype)));
}

void compare_tensors(const Pair& pair, std::vector<Difference>& found, uint64_t& other_dtypes) {
  for (const TensorInfo& left : pair.left.reader->tensors()) {
    const TensorInfo* right = find_or_tied(*pair.right.reader, left.name);
    if (right == nullptr) continue;
    const std::string where = fmt::format("{} and {}", pair.left.reader->shard_of(left).string(),
                                          pair.right.reader->shard_of(*right).string());
    if (pair.rows_aligned && differs_in_rows(left, *right)) continue;
    if (left.shape != right->shape) {
      found.push_back(
          {fmt::format("tensor '{}' is {} in the {} and {} in the {}", left.name, shape_text(left.shape),
                       pair.left.name, shape_text(right->shape), pair.right.name),
           where, advice(pair)});
    } else if (left.dtype != right->dtype && !(has_arithmetic(left.dtype) && has_arithmetic(right->dtype))) {
      found.push_back(
          {fmt::format("tensor '{}' is {} in the {} and {} in the {}", left.name, dtype_name(left.dtype),
                       pair.left.name, dtype_name(right->dtype), pair.right.name),
           where, "use checkpoints that are not quantised"});
    } else if (left.dtype != right->dtype) {
      ++other_dtypes;
    }
  }
}

[[noreturn]] void throw_differences(const std::vector<Difference>& found) {
  const Difference& first = found.front();
  std::string what = first.what;
  if (found.size() > 1) {
    what +=
        fmt::format(" (and {} more {})", found.size() - 1, found.size() == 2 ? "difference" : "differences");
  }
  throw Error(ErrorKind::input, what, first.where, first.next);
}

bool has_chat_template(const Role& role) {
  std::error_code failed;
  const fs::path directory = role.reader->directory();
  if (fs::exists(directory / "chat_template.jinja", failed)) return true;
  const fs::path config = directory / "tokenizer_config.json";
  return fs::exists(config, failed) && member(read_json(config), "chat_template") != nullptr;
}

// Bases come without a chat template or (Qwen) both come with one; a pair the other way round would subtract what tuning added.
void require_not_swapped(const Role& left, const Role& right) {
  if (left.name != "base" || right.name != "instruct model") return;
  if (!has_chat_template(left) || has_chat_template(right)) return;
  throw Error(ErrorKind::input,
              "the base has a chat template and the instruct model has none: they look swapped",
              fmt::format("{} and {}", left.reader->path().string(), right.reader->path().string()),
              "pass them the other way round; if they are right, give the instruct model its chat template");
}

}  // namespace

std::vector<std::string> require_compatible(const Role& left, const Role& right, bool rows_aligned) {
  const Pair pair = {left, right, rows_aligned, read_config(left), read_config(right)};
  std::vector<Difference> found;
  uint64_t other_dtypes = 0;
  compare_architectures(pair, found);
  compare_names(pair, true, found);
  compare_names(pair, false, found);
  compare_tensors(pair, found, other_dtypes);
  compare_configs(pair, found);
  if (!found.empty()) throw_differences(found);
  require_not_swapped(left, right);

  std::vector<std::string> notes;
  for (const char* name : {"architectures", "model_type"}) {
    const bool in_left = member(pair.left_config, name) != nullptr;
    if (!pair.left_config.is_object() || !pair.right_config.is_object() ||
        in_left == (member(pair.right_config, name) != nullptr))
      continue;
    notes.push_back(fmt::format("config.json of the {} has no '{}', that of the {} has",
                                (in_left ? right : left).name, name, (in_left ? left : right).name));
  }
  for (const char* name : kMayDiffer) {
    if (differs(pair, name)) notes.push_back(config_difference(pair, name, "").what);
  }
  if (std::ranges::any_of(kMayDiffer, [&](const char* name) { return differs(pair, name); })) {
    notes.push_back(fmt::format("two versions of one architecture: '{}' is the {}, '{}' the {}",
                                hub_name(left.reader->directory()), left.name,
                                hub_name(right.reader->directory()), right.name));
  }
  if (other_dtypes > 0 && !is_residual(*left.reader) && !is_residual(*right.reader)) {
    notes.push_back(fmt::format("{} tensors have another dtype in the {} than in the {}", other_dtypes,
                                left.name, right.name));
  }
  return notes;
}

void require_same_carried(const Role& left, const Role& right) {
  for (const TensorInfo& tensor : left.reader->tensors()) {
    if (has_arithmetic(tensor.dtype)) continue;
    const TensorInfo& other = right.reader->get(tensor.name);
    if (left.reader->tensor_hash(tensor) == right.reader->tensor_hash(other)) continue;
    throw_carried_differ(*left.reader, tensor, *right.reader, other);
  }
}

bool is_residual(const CheckpointReader& reader) {
  const auto found = reader.metadata().find(kResidualMetadataKey);
  return found != reader.metadata().end() && found->second == kResidualMetadataValue;
}

void require_tensors(const Role& role) {
  if (!role.reader->tensors().empty()) return;
  throw Error(ErrorKind::input, fmt::format("the {} has no tensors", role.name), role.reader->path().string(),
              "fetch the weights again");
}

void require_model(const Role& role) {
  require_tensors(role);
  if (!is_residual(*role.reader)) return;
  throw Error(ErrorKind::input, fmt::format("this is a residual, where the {} is needed", role.name),
              role.reader->path().string(), "pass the model; 'residual apply' adds a residual to one");
}

void require_residual(const Role& role) {
  require_tensors(role);
  if (is_residual(*role.reader)) return;
  throw Error(ErrorKind::input, "this is not a residual that evergreen extracted",
              role.reader->path().string(),
              "make one with 'residual extract', or use 'residual graft' with the three models");
}

}  // namespace evergreen
