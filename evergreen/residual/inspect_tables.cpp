#include "evergreen/residual/inspect_tables.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/human.hpp"

namespace evergreen {
namespace {

using Pick = std::function<std::optional<double>(const InspectGroup&)>;

bool is_embedding(const std::string& kind) {
  return kind.find("embed") != std::string::npos || kind.find("wte") != std::string::npos;
}

bool in_layers(const InspectReport& report, const std::string& kind) {
  return std::any_of(report.modules.begin(), report.modules.end(),
                     [&](const InspectGroup& module) { return module.layer && module.kind == kind; });
}

void add_bars(const InspectReport& report, bool embeddings, const Pick& pick, HeatMap& map) {
  for (const InspectGroup& module : report.modules) {
    if (!module.layer && is_embedding(module.kind) == embeddings)
      map.rows.push_back({module.kind, {pick(module)}});
  }
}

HeatMap layer_map(const InspectReport& report, const std::string& title, const std::string& meaning,
                  const Pick& pick, ColourScale scale = ColourScale::sequential) {
  HeatMap map{title, meaning, "layer", {}, {}, scale, "modules"};
  for (const InspectGroup& kind : report.kinds) {
    if (in_layers(report, kind.kind)) map.columns.push_back(kind.kind);
  }
  add_bars(report, true, pick, map);
  for (const InspectGroup& layer : report.layers) {
    HeatRow row{fmt::to_string(*layer.layer), {}};
    for (const std::string& kind : map.columns) {
      const auto found = std::find_if(
          report.modules.begin(), report.modules.end(),
          [&](const InspectGroup& module) { return module.layer == layer.layer && module.kind == kind; });
      row.values.push_back(found == report.modules.end() ? std::nullopt : pick(*found));
    }
    map.rows.push_back(std::move(row));
  }
  add_bars(report, false, pick, map);
  return map;
}

std::string rank_text(const InspectGroup& group) {
  if (group.rank) return fmt::format("{:.1f} of {}", group.rank->value, group.rank->limit);
  return percent_text(group.rank_share);
}

std::string dtypes_of(const CheckpointSummary& summary) {
  std::vector<std::string> dtypes;
  for (const auto& [dtype, parameters] : summary.parameters_by_dtype) dtypes.push_back(dtype);
  return fmt::format("{}", fmt::join(dtypes, ", "));
}

std::string number_of(size_t index) { return fmt::to_string(index + 1); }

}  // namespace

std::string value_text(const std::optional<double>& value) { return value ? human_number(*value) : "–"; }

std::string percent_text(const std::optional<double>& share) {
  if (!share) return "–";
  const double percent = 100 * *share;
  return percent == 0 || percent >= 0.1 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.2g} %", percent);
}

std::string last_name(const std::string& path) {
  const fs::path name = fs::path(path).lexically_normal();
  return name.has_filename() ? name.filename().string() : name.parent_path().filename().string();
}

uint64_t not_finite_count(const std::vector<NotFiniteTensor>& tensors) {
  uint64_t count = 0;
  for (const NotFiniteTensor& tensor : tensors) count += tensor.nan + tensor.infinite;
  return count;
}

Table checkpoint_table(const std::vector<CheckpointSummary>& checkpoints) {
  Table table{
      "Checkpoints", {"role", "path", "architecture", "dtype", "parameters", "bytes", "files"}, {}, 4};
  for (const CheckpointSummary& summary : checkpoints) {
    table.rows.push_back(
        {summary.role, summary.path, summary.architecture.empty() ? "–" : summary.architecture,
         dtypes_of(summary), human_count(static_cast<double>(summary.parameters)),
         human_bytes(static_cast<double>(summary.bytes)), fmt::to_string(summary.shards.size())});
  }
  return table;
}

Table group_table(const InspectReport& report, const std::string& title,
                  const std::vector<InspectGroup>& groups, const TableColumns& columns) {
  Table table{"By " + title, {title}, {}, 1};
  const bool norms = columns.norms || !report.has_base;
  const auto add_column = [&](bool wanted, const std::string& name,
                              const std::function<std::string(const InspectGroup&)>& cell) {
    if (!wanted) return;
    table.columns.push_back(name);
    for (size_t i = 0; i < groups.size(); ++i) table.rows[i].push_back(cell(groups[i]));
  };
  for (const InspectGroup& group : groups) table.rows.push_back({group.name});
  add_column(columns.parameters, "parameters", [](const auto& g) { return fmt::to_string(g.parameters); });
  add_column(norms, report.of_residual ? "|R|" : "norm", [](const auto& g) { return human_number(g.norm); });
  add_column(!report.has_base, "root mean square",
             [](const auto& g) { return human_number(g.root_mean_square()); });
  add_column(norms && report.has_base, "|base|", [](const auto& g) { return value_text(g.base_norm); });
  add_column(report.has_base, "|R|/|base|", [](const auto& g) { return value_text(g.relative); });
  add_column(report.of_residual, "changed", [](const auto& g) { return percent_text(g.changed_share); });
  add_column(report.has_shift, "|S|/|base|", [](const auto& g) { return value_text(g.shift_relative); });
  add_column(report.has_shift, "cos(R, S)", [](const auto& g) { return value_text(g.cosine); });
  add_column(report.sample.rows > 0, "effective rank", rank_text);
  return table;
}

Table not_finite_table(const std::vector<NotFiniteTensor>& tensors) {
  Table table{
      "Elements that are no numbers", {"tensor", "role", "file", "first element", "NaN", "infinite"}, {}, 4};
  for (const NotFiniteTensor& tensor : tensors) {
    table.rows.push_back({tensor.tensor, tensor.role, tensor.file, tensor.first, fmt::to_string(tensor.nan),
                          fmt::to_string(tensor.infinite)});
  }
  return table;
}

std::vector<HeatMap> inspect_maps(const InspectReport& report) {
  std::vector<HeatMap> maps;
  if (report.has_base) {
    maps.push_back(layer_map(report, "|R| / |base|", "what instruction tuning added",
                             [](const InspectGroup& g) { return g.relative; }));
  } else {
    maps.push_back(layer_map(report, "Root mean square", report.of_residual ? "of R" : "of the weights",
                             [](const InspectGroup& g) { return g.root_mean_square(); }));
  }
  if (report.has_shift) {
    maps.push_back(layer_map(report, "|S| / |base|", "what CPT added",
                             [](const InspectGroup& g) { return g.shift_relative; }));
    maps.push_back(layer_map(
        report, "cos(R, S)", "how much the two interfere", [](const InspectGroup& g) { return g.cosine; },
        ColourScale::diverging));
  }
  if (report.of_residual) {
    maps.push_back(layer_map(report, "Changed elements", "share that instruct stores as another number",
                             [](const InspectGroup& g) { return g.changed_share; }));
  }
  if (report.sample.rows > 0) {
    maps.push_back(layer_map(report, "Effective rank of R", "share of what the sample could show",
                             [](const InspectGroup& g) { return g.rank_share; }));
  }
  return maps;
}

Table comparison_table(const CheckpointComparison& comparison) {
  Table table{"Checkpoints",
              {"", "name", "kind", "dtype", "parameters", "bytes", "relative norm", "|direction|"},
              {},
              4};
  for (size_t i = 0; i < comparison.checkpoints.size(); ++i) {
    const ComparedCheckpoint& compared = comparison.checkpoints[i];
    const CheckpointSummary& summary = compared.summary;
    table.rows.push_back({number_of(i), last_name(summary.path), summary.kind, dtypes_of(summary),
                          human_count(static_cast<double>(summary.parameters)),
                          human_bytes(static_cast<double>(summary.bytes)), value_text(compared.relative),
                          value_text(compared.norm)});
  }
  return table;
}

Table cosine_table(const CheckpointComparison& comparison) {
  Table table{"Cosines between the directions", {"", "name"}, {}, 2};
  for (size_t i = 0; i < comparison.checkpoints.size(); ++i) {
    table.columns.push_back(number_of(i));
    std::vector<std::string> row = {number_of(i), last_name(comparison.checkpoints[i].summary.path)};
    for (const auto& cosine : comparison.checkpoints[i].cosines) row.push_back(value_text(cosine));
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::vector<HeatMap> comparison_maps(const CheckpointComparison& comparison) {
  HeatMap norms{"Relative norm",
                "by layer, from " + last_name(comparison.reference),
                "layer",
                {},
                {},
                ColourScale::sequential,
                {}};
  HeatMap cosines{"Cosines", "between the directions", "checkpoint", {}, {}, ColourScale::diverging, {}};
  const auto& all = comparison.checkpoints;
  for (size_t i = 0; i < all.size(); ++i) norms.columns.push_back(number_of(i));
  for (size_t layer = 0; layer < comparison.layers.size(); ++layer) {
    HeatRow row{fmt::to_string(comparison.layers[layer]), {}};
    for (const ComparedCheckpoint& compared : all) row.values.push_back(compared.layers[layer]);
    norms.rows.push_back(std::move(row));
  }
  for (size_t i = 0; i < all.size(); ++i) {
    if (!all[i].norm) continue;  // the reference has no direction
    cosines.columns.push_back(number_of(i));
    HeatRow row{number_of(i), {}};
    for (size_t j = 0; j < all.size(); ++j) {
      if (all[j].norm) row.values.push_back(i == j ? std::nullopt : all[i].cosines[j]);
    }
    cosines.rows.push_back(std::move(row));
  }
  std::vector<HeatMap> maps;
  if (!norms.rows.empty()) maps.push_back(std::move(norms));
  if (cosines.rows.size() > 1) maps.push_back(std::move(cosines));
  return maps;
}

}  // namespace evergreen
