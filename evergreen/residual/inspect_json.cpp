// What inspect found, as JSON.
#include "evergreen/base/json.hpp"
#include "evergreen/residual/compare.hpp"

namespace evergreen {
namespace {

OrderedJson to_json(const std::optional<double>& value) {
  return value ? OrderedJson(*value) : OrderedJson();
}

OrderedJson to_json(const std::vector<std::optional<double>>& values) {
  OrderedJson json = OrderedJson::array();
  for (const auto& value : values) json.push_back(to_json(value));
  return json;
}

OrderedJson to_json(const InspectGroup& group, const InspectReport& report) {
  OrderedJson json = {{"name", group.name}, {"parameters", group.parameters}};
  json[report.of_residual ? "residual_norm" : "norm"] = group.norm;
  if (report.has_base) {
    json["base_norm"] = to_json(group.base_norm);
    json["relative_norm"] = to_json(group.relative);
  }
  if (report.has_shift) {
    json["shift_relative_norm"] = to_json(group.shift_relative);
    json["cosine"] = to_json(group.cosine);
  }
  if (report.of_residual) json["changed_share"] = to_json(group.changed_share);
  if (group.rank) json["effective_rank"] = {{"value", group.rank->value}, {"limit", group.rank->limit}};
  if (group.rank_share) json["effective_rank_share"] = *group.rank_share;
  if (group.left_out > 0) json["left_out"] = group.left_out;
  return json;
}

OrderedJson to_json(const std::vector<InspectGroup>& groups, const InspectReport& report) {
  OrderedJson json = OrderedJson::array();
  for (const InspectGroup& group : groups) json.push_back(to_json(group, report));
  return json;
}

OrderedJson to_json(const std::vector<NotFiniteTensor>& tensors) {
  OrderedJson json = OrderedJson::array();
  for (const NotFiniteTensor& tensor : tensors) {
    json.push_back({{"role", tensor.role},
                    {"file", tensor.file},
                    {"tensor", tensor.tensor},
                    {"nan", tensor.nan},
                    {"infinite", tensor.infinite},
                    {"first", tensor.first}});
  }
  return json;
}

OrderedJson summary_json(const CheckpointSummary& summary, bool tensors) {
  OrderedJson json = {{"role", summary.role},
                      {"path", summary.path},
                      {"kind", summary.kind},
                      {"architecture", summary.architecture},
                      {"parameters", summary.parameters},
                      {"bytes", summary.bytes},
                      {"parameters_by_dtype", summary.parameters_by_dtype},
                      {"shards", summary.shards}};
  if (!tensors) return json;
  json["tensors"] = OrderedJson::array();
  for (const TensorInfo& tensor : summary.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"dtype", dtype_name(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"bytes", tensor.bytes()},
                               {"shard", tensor.shard}});
  }
  return json;
}

}  // namespace

std::string to_json_text(const CheckpointSummary& summary) { return to_text(summary_json(summary, true)); }

std::string to_json_text(const InspectReport& report) {
  OrderedJson json = {{"operation", "inspect"}, {"of", report.of_residual ? "residual" : "model"}};
  json["checkpoints"] = OrderedJson::array();
  for (const CheckpointSummary& summary : report.checkpoints)
    json["checkpoints"].push_back(summary_json(summary, false));
  json["total"] = to_json(report.total, report);
  json["layers"] = to_json(report.layers, report);
  json["kinds"] = to_json(report.kinds, report);
  json["tensors"] = to_json(report.tensors, report);
  json["carried_tensors"] = report.carried_tensors;
  json["not_finite"] = to_json(report.not_finite);
  if (report.sample.rows > 0) {
    json["effective_rank_sample"] = {{"rows", report.sample.rows}, {"seed", report.sample.seed}};
  }
  json["notes"] = report.notes;
  json["bytes_read"] = report.bytes_read;
  json["seconds"] = report.seconds;
  return to_text(json);
}

std::string to_json_text(const CheckpointComparison& comparison) {
  OrderedJson json = {{"operation", "inspect"},
                      {"reference", comparison.reference},
                      {"reference_is", comparison.with_base ? "base" : "first"}};
  json["checkpoints"] = OrderedJson::array();
  for (const ComparedCheckpoint& compared : comparison.checkpoints) {
    OrderedJson one = summary_json(compared.summary, false);
    one["relative_norm"] = to_json(compared.relative);
    one["direction_norm"] = to_json(compared.norm);
    one["cosines"] = to_json(compared.cosines);
    one["layer_relative_norms"] = to_json(compared.layers);
    json["checkpoints"].push_back(std::move(one));
  }
  json["layers"] = comparison.layers;
  json["not_finite"] = to_json(comparison.not_finite);
  json["notes"] = comparison.notes;
  json["bytes_read"] = comparison.bytes_read;
  json["seconds"] = comparison.seconds;
  return to_text(json);
}

}  // namespace evergreen
