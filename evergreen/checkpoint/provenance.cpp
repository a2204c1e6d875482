#include "evergreen/checkpoint/provenance.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/version.hpp"

namespace evergreen {
namespace {

constexpr int kProvenanceFormat = 1;

}  // namespace

std::string to_json_text(const Provenance& provenance) {
  OrderedJson json;
  json["evergreen"] = kVersion;
  json["format"] = kProvenanceFormat;
  json["command"] = provenance.command;
  json["inputs"] = OrderedJson::array();
  for (const ProvenanceInput& input : provenance.inputs) {
    json["inputs"].push_back({{"role", input.role}, {"path", input.path}, {"hash", input.hash}});
  }
  json["settings"] = OrderedJson::object();
  for (const auto& [name, value] : provenance.settings) json["settings"][name] = value;
  if (provenance.seed) json["seed"] = *provenance.seed;
  if (!provenance.weights_hash.empty()) json["weights"] = provenance.weights_hash;
  if (!provenance.tensors.empty()) json["tensors"] = provenance.tensors;
  return to_text(json);
}

std::optional<Provenance> read_provenance(const fs::path& directory) {
  const fs::path path = directory / kProvenanceFile;
  if (!fs::exists(path)) return std::nullopt;
  const std::string where = path.string();
  const Json json = read_json(path);
  const auto format = json_get<int>(json, "format", where);
  if (format != kProvenanceFormat) {
    throw Error(ErrorKind::input,
                fmt::format("the provenance has format {}, this version of evergreen reads {}", format,
                            kProvenanceFormat),
                where, "use the version that wrote it");
  }
  Provenance provenance;
  provenance.command = json_get<std::string>(json, "command", where);
  for (const Json& input : json_get<Json>(json, "inputs", where)) {
    provenance.inputs.push_back({json_get<std::string>(input, "role", where),
                                 json_get<std::string>(input, "path", where),
                                 json_get<std::string>(input, "hash", where)});
  }
  provenance.settings = json_get<std::map<std::string, std::string>>(json, "settings", where);
  if (json.contains("seed")) provenance.seed = json_get<uint64_t>(json, "seed", where);
  provenance.weights_hash = json_get_or<std::string>(json, "weights", "", where);
  provenance.tensors = json_get_or<std::map<std::string, std::string>>(json, "tensors", {}, where);
  return provenance;
}

}  // namespace evergreen
