#include "evergreen/residual/inspect_report.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/element.hpp"
#include "evergreen/residual/residual_report.hpp"

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

// Sums of the tensors of a group, until all are added.
struct Gathered {
  DirectionSums sums;
  double rank_shares = 0;
  uint64_t matrices = 0;
  std::optional<EffectiveRank> rank;
};

class Groups {
 public:
  Groups(const InspectReport& report, const std::map<std::string, EffectiveRank>& ranks)
      : report_(report),
        ranks_(ranks),
        directions_(report.has_shift  ? 3
                    : report.has_base ? 2
                                      : 1) {}

  void add(Gathered& group, const TensorStatistics& tensor) const {
    if (group.sums.elements == 0) group.sums = DirectionSums(directions_);
    group.sums.add(tensor.sums);
    const auto found = ranks_.find(tensor.tensor->name);
    if (found == ranks_.end()) return;
    group.rank_shares += found->second.share();
    ++group.matrices;
    group.rank = found->second;
  }

  InspectGroup finish(const Gathered& gathered, std::string name, std::optional<uint64_t> layer,
                      std::string kind) const {
    const size_t d = report_.has_base ? 1 : 0;
    const DirectionSums& sums = gathered.sums;
    InspectGroup group;
    group.name = std::move(name);
    group.layer = layer;
    group.kind = std::move(kind);
    group.parameters = sums.elements;
    group.left_out = sums.left_out;
    if (sums.elements == 0) return group;
    group.norm = sums.norm(d);
    if (report_.has_base) {
      group.base_norm = sums.norm(0);
      group.relative = sums.relative(d, 0);
    }
    if (report_.has_shift) {
      group.shift_relative = sums.relative(2, 0);
      group.cosine = sums.cosine(1, 2);
    }
    if (report_.of_residual) {
      group.changed_share = static_cast<double>(sums.changed(d)) / static_cast<double>(sums.elements);
    }
    if (gathered.matrices > 0)
      group.rank_share = gathered.rank_shares / static_cast<double>(gathered.matrices);
    if (gathered.matrices == 1) group.rank = gathered.rank;
    return group;
  }

 private:
  const InspectReport& report_;
  const std::map<std::string, EffectiveRank>& ranks_;
  size_t directions_;
};

struct ModuleKey {
  std::optional<uint64_t> layer;
  std::string kind;
  auto operator<=>(const ModuleKey&) const = default;
};

}  // namespace

double InspectGroup::root_mean_square() const {
  return parameters > left_out ? norm / std::sqrt(static_cast<double>(parameters - left_out)) : 0;
}

std::string checkpoint_kind(const CheckpointReader& checkpoint) {
  std::error_code failed;
  if (fs::exists(checkpoint.directory() / "adapter_config.json", failed)) return "adapter";
  return is_residual(checkpoint) ? "residual" : "model";
}

CheckpointSummary summarize(const CheckpointReader& checkpoint, const std::string& role) {
  CheckpointSummary summary;
  summary.role = role;
  summary.path = checkpoint.path().string();
  summary.kind = checkpoint_kind(checkpoint);
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

void fill_groups(InspectReport& report, const Statistics& statistics,
                 const std::map<std::string, EffectiveRank>& ranks) {
  const Groups groups(report, ranks);
  Gathered total;
  std::map<uint64_t, Gathered> layers;
  std::map<std::pair<bool, std::string>, Gathered> kinds;  // what is no matrix comes last
  std::map<ModuleKey, Gathered> modules;
  for (const TensorStatistics& tensor : statistics.tensors) {
    const std::string& name = tensor.tensor->name;
    if (!has_arithmetic(tensor.tensor->dtype)) {
      ++report.carried_tensors;
      continue;
    }
    const std::optional<uint64_t> layer = layer_of(name);
    const std::string kind = kind_of(name);
    Gathered alone;
    groups.add(alone, tensor);
    groups.add(total, tensor);
    if (layer) groups.add(layers[*layer], tensor);
    groups.add(kinds[{tensor.tensor->shape.size() < 2, kind}], tensor);
    groups.add(modules[{layer, kind}], tensor);
    report.tensors.push_back(groups.finish(alone, name, layer, kind));
  }
  report.total = groups.finish(total, "all", {}, {});
  for (const auto& [layer, group] : layers)
    report.layers.push_back(groups.finish(group, fmt::format("layer {}", layer), layer, {}));
  for (const auto& [key, group] : kinds)
    report.kinds.push_back(groups.finish(group, key.second, {}, key.second));
  for (const auto& [key, group] : modules)
    report.modules.push_back(groups.finish(group, key.kind, key.layer, key.kind));
}

std::vector<NotFiniteTensor> not_finite_tensors(const Statistics& statistics,
                                                const std::map<const CheckpointReader*, std::string>& roles) {
  std::vector<NotFiniteTensor> all;
  for (const NotFinite& found : statistics.not_finite) {
    all.push_back({roles.at(found.reader), found.reader->shard_of(*found.tensor).string(), found.tensor->name,
                   element_place(found.first, found.tensor->shape), found.nan, found.infinite});
  }
  return all;
}

}  // namespace evergreen
