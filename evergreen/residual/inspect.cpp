#include "evergreen/residual/inspect.hpp"

#include "evergreen/base/json.hpp"
#include "evergreen/residual/compatibility.hpp"

namespace evergreen {
namespace {

std::string architecture_of(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  std::error_code failed;
  if (!fs::exists(path, failed)) return {};
  const auto names =
      json_get_or<std::vector<std::string>>(read_json(path), "architectures", {}, path.string());
  return names.empty() ? std::string() : names.front();
}

Combination measuring(const InspectOptions& options) {
  Combination combination;
  combination.stage = "inspect";
  combination.threads = options.threads;
  combination.progress = options.progress;
  combination.stop = options.stop;
  combination.dtype = Dtype::f64;
  return combination;
}

}  // namespace

CheckpointSummary inspect(const CheckpointReader& checkpoint) {
  CheckpointSummary summary;
  summary.path = checkpoint.path().string();
  summary.kind = is_residual(checkpoint) ? "residual" : "model";
  summary.architecture = architecture_of(checkpoint.directory());
  summary.bytes = checkpoint.total_bytes();
  summary.tensors = checkpoint.tensors();
  for (const TensorInfo& tensor : checkpoint.tensors()) {
    summary.parameters += tensor.elements();
    summary.parameters_by_dtype[std::string(dtype_name(tensor.dtype))] += tensor.elements();
  }
  for (const fs::path& shard : checkpoint.shards()) summary.shards.push_back(shard.filename().string());
  return summary;
}

ResidualReport inspect_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                            const InspectOptions& options) {
  const Role left = {"base", &base}, right = {"instruct model", &instruct};
  require_model(left);
  require_model(right);
  std::vector<std::string> notes = require_compatible(left, right);
  Combination combination = measuring(options);
  combination.terms = {{&instruct, &base}};
  ResidualReport report = make_report("inspect", combine(combination, nullptr));
  report.notes = std::move(notes);
  return report;
}

ResidualReport inspect_residual(const CheckpointReader& residual, const CheckpointReader* base,
                                const InspectOptions& options) {
  const Role right = {"residual", &residual};
  require_residual(right);
  Combination combination = measuring(options);
  combination.terms = {{&residual}};
  std::vector<std::string> notes;
  if (base != nullptr) {
    const Role left = {"base", base};
    require_model(left);
    notes = require_compatible(left, right);
    combination.c0 = base;
  }
  ResidualReport report = make_report("inspect", combine(combination, nullptr));
  report.notes = std::move(notes);
  return report;
}

std::string to_json_text(const CheckpointSummary& summary) {
  OrderedJson json = {{"path", summary.path},
                      {"kind", summary.kind},
                      {"architecture", summary.architecture},
                      {"parameters", summary.parameters},
                      {"bytes", summary.bytes},
                      {"parameters_by_dtype", summary.parameters_by_dtype},
                      {"shards", summary.shards}};
  json["tensors"] = OrderedJson::array();
  for (const TensorInfo& tensor : summary.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", dtype_name(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"bytes", tensor.bytes()},
                               {"shard", tensor.shard}});
  }
  return to_text(json);
}

}  // namespace evergreen
