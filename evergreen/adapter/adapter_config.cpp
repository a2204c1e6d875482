#include "evergreen/adapter/adapter_config.hpp"

#include <array>
#include <cmath>
#include <regex>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr std::string_view kPrefix = "base_model.model.", kBaseLayer = ".base_layer";

// Members that make an adapter more than W + scaling * B A, or train what is not in its product.
constexpr std::array kOtherMethods = {
    "use_dora",      "lora_bias",         "target_parameters", "alora_invocation_tokens",
    "arrow_config",  "use_qalora",        "use_bdlora",        "kasa_config",
    "velora_config", "monteclora_config", "layer_replication", "trainable_token_indices"};
// Of init_lora_weights: the others change the base as well.
constexpr std::array kPlainStarts = {"gaussian", "eva", "orthogonal"};

struct PartSuffix {
  std::string_view suffix;
  AdapterPart part;
};
constexpr std::array kPartSuffixes = {PartSuffix{".lora_A.weight", AdapterPart::lora_a},
                                      PartSuffix{".lora_B.weight", AdapterPart::lora_b},
                                      PartSuffix{".lora_embedding_A", AdapterPart::embedding_a},
                                      PartSuffix{".lora_embedding_B", AdapterPart::embedding_b},
                                      PartSuffix{".base_layer.weight", AdapterPart::frozen}};

bool is_set(const Json& config, const char* name) {
  const auto found = config.find(name);
  if (found == config.end() || found->is_null()) return false;
  if (found->is_boolean()) return found->get<bool>();
  return !(found->is_structured() && found->empty());
}

[[noreturn]] void refuse(const std::string& what, const std::string& where) {
  throw Error(ErrorKind::input, what, where,
              "merge the adapter into its own base with peft, save that model and use 'residual extract' or "
              "'residual graft'");
}

void require_plain_lora(const Json& config, const std::string& where) {
  const auto type = json_get<std::string>(config, "peft_type", where);
  if (type != "LORA")
    refuse(fmt::format("the adapter's peft_type is {}, and only LORA can be added", type), where);
  for (const char* name : kOtherMethods) {
    if (is_set(config, name))
      refuse(fmt::format("the adapter has '{}', and only plain LoRA can be added", name), where);
  }
  const auto start = config.find("init_lora_weights");
  if (start == config.end() || !start->is_string()) return;
  for (const char* plain : kPlainStarts) {
    if (*start == plain) return;
  }
  refuse(fmt::format("the adapter's init_lora_weights is {}, which changed the base model it belongs to",
                     start->dump()),
         where);
}

// In the order of the file: the first match wins.
template <class Value>
ModulePattern<Value> read_pattern(const OrderedJson& config, const char* name, const std::string& where) {
  ModulePattern<Value> pattern;
  const auto found = config.find(name);
  if (found == config.end() || found->is_null()) return pattern;
  if (!found->is_object()) throw_json_member(name, where, "is not an object");
  for (const auto& [module, value] : found->items()) {
    if (!value.is_number()) throw_json_member(name, where, fmt::format("has no number for '{}'", module));
    pattern.emplace_back(module, value.template get<Value>());
  }
  return pattern;
}

// peft: re.match(rf"(.*\.)?({key})$", module)
template <class Value>
Value value_of(const ModulePattern<Value>& pattern, const std::string& module, Value otherwise,
               const std::string& where) {
  for (const auto& [key, value] : pattern) {
    try {
      if (key == module || std::regex_match(module, std::regex("(?:.*\\.)?(?:" + key + ")"))) return value;
    } catch (const std::regex_error&) {
      throw Error(ErrorKind::input, fmt::format("'{}' is not a regular expression that evergreen knows", key),
                  where, "write the names of the modules in full in rank_pattern and alpha_pattern");
    }
  }
  return otherwise;
}

OrderedJson number(double value) {
  if (std::trunc(value) == value && std::fabs(value) < 1e15) return static_cast<int64_t>(value);
  return value;
}

template <class Value>
OrderedJson to_json(const ModulePattern<Value>& pattern) {
  OrderedJson json = OrderedJson::object();
  for (const auto& [module, value] : pattern) json[module] = number(static_cast<double>(value));
  return json;
}

OrderedJson or_null(const std::string& text) { return text.empty() ? OrderedJson() : OrderedJson(text); }

}  // namespace

std::string make_adapter_config_json(const AdapterConfig& config) {
  OrderedJson json = {{"alpha_pattern", to_json(config.alpha_pattern)},
                      {"auto_mapping", nullptr},
                      {"base_model_name_or_path", or_null(config.base_model)},
                      {"bias", config.bias},
                      {"fan_in_fan_out", config.fan_in_fan_out},
                      {"inference_mode", true},
                      {"init_lora_weights", true},
                      {"layers_pattern", nullptr},
                      {"layers_to_transform", nullptr},
                      {"lora_alpha", number(config.alpha)},
                      {"lora_dropout", 0.0},
                      {"modules_to_save", nullptr},
                      {"peft_type", "LORA"},
                      {"r", config.rank},
                      {"rank_pattern", to_json(config.rank_pattern)},
                      {"revision", nullptr},
                      {"target_modules", config.target_modules},
                      {"task_type", or_null(config.task_type)},
                      {"use_dora", false},
                      {"use_rslora", config.rank_stabilised}};
  if (!config.modules_to_save.empty()) json["modules_to_save"] = config.modules_to_save;
  if (config.ensure_weight_tying) json["ensure_weight_tying"] = true;
  return to_text(json);
}

AdapterConfig read_adapter_config(const fs::path& directory) {
  const fs::path path = directory / kAdapterConfigFile;
  const std::string where = path.string(), text = read_text(path);
  const Json json = parse_json(text, where);  // the strict parser; the one below keeps the order
  const OrderedJson ordered = OrderedJson::parse(text);
  require_plain_lora(json, where);
  AdapterConfig config;
  config.rank = json_get<int64_t>(json, "r", where);
  config.alpha = json_get<double>(json, "lora_alpha", where);
  config.rank_pattern = read_pattern<int64_t>(ordered, "rank_pattern", where);
  config.alpha_pattern = read_pattern<double>(ordered, "alpha_pattern", where);
  config.rank_stabilised = json_get_or<bool>(json, "use_rslora", false, where);
  config.fan_in_fan_out = json_get_or<bool>(json, "fan_in_fan_out", false, where);
  config.modules_to_save = json_get_or<std::vector<std::string>>(json, "modules_to_save", {}, where);
  config.bias = json_get_or<std::string>(json, "bias", "none", where);
  config.base_model = json_get_or<std::string>(json, "base_model_name_or_path", "", where);
  return config;
}

bool is_adapter(const fs::path& directory) {
  std::error_code failed;
  return fs::is_regular_file(directory / kAdapterConfigFile, failed);
}

double adapter_scaling(const AdapterConfig& config, const std::string& module, int64_t rank,
                       const std::string& where) {
  const int64_t stated = value_of(config.rank_pattern, module, config.rank, where);
  if (stated != rank) {
    throw Error(ErrorKind::input,
                fmt::format("the factors of '{}' have the rank {}, but the configuration says {}", module,
                            rank, stated),
                where, "the configuration and the weights are of two adapters: use a matching pair");
  }
  const double alpha = value_of(config.alpha_pattern, module, config.alpha, where);
  const auto r = static_cast<double>(rank);
  return alpha / (config.rank_stabilised ? std::sqrt(r) : r);
}

AdapterName parse_adapter_name(const std::string& tensor, const std::string& where) {
  if (tensor.starts_with(kPrefix)) {
    std::string name = tensor.substr(kPrefix.size());
    for (const PartSuffix& part : kPartSuffixes) {
      if (name.ends_with(part.suffix)) return {name.substr(0, name.size() - part.suffix.size()), part.part};
    }
    const size_t layer = name.rfind(kBaseLayer);
    if (layer != std::string::npos && name.find('.', layer + 1) == layer + kBaseLayer.size()) {
      name.erase(layer, kBaseLayer.size());
    }
    if (name.find("lora_") == std::string::npos) return {name, AdapterPart::whole};
  }
  refuse(fmt::format("the tensor '{}' is no part of plain LoRA", tensor), where);
}

std::string adapter_name(const AdapterName& name) {
  std::string text = std::string(kPrefix) + name.name;
  for (const PartSuffix& part : kPartSuffixes) {
    if (part.part == name.part) text += part.suffix;
  }
  return text;
}

std::string base_layer_name(const std::string& tensor) {
  const size_t dot = tensor.rfind('.');
  return std::string(kPrefix) + tensor.substr(0, dot) + std::string(kBaseLayer) + tensor.substr(dot);
}

}  // namespace evergreen
