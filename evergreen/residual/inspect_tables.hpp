// What inspect found, as tables and heat maps: for the terminal and for a page (evergreen/report).
#pragma once

#include <string>
#include <vector>

#include "evergreen/report/heat_map.hpp"
#include "evergreen/residual/compare.hpp"

namespace evergreen {

struct TableColumns {
  bool parameters = true;
  bool norms = true;  // |R| and |base|, beside |R| / |base|; always there where it has no base
};

Table checkpoint_table(const std::vector<CheckpointSummary>& checkpoints);
Table group_table(const InspectReport& report, const std::string& title,
                  const std::vector<InspectGroup>& groups, const TableColumns& columns = {});
Table not_finite_table(const std::vector<NotFiniteTensor>& tensors);

// The maps of layers and modules: |R|/|base|; with a new base |S|/|base| and the cosine; changed share; effective rank.
// Of weights or a residual alone: the root mean square. Modules outside the layers are bars, embeddings first.
std::vector<HeatMap> inspect_maps(const InspectReport& report);

// Checkpoints have numbers from 1 in their order, which the others use.
Table comparison_table(const CheckpointComparison& comparison);
Table cosine_table(const CheckpointComparison& comparison);
// Relative norm, layer by checkpoint; and, where there are two directions, their cosines without the diagonal.
std::vector<HeatMap> comparison_maps(const CheckpointComparison& comparison);

uint64_t not_finite_count(const std::vector<NotFiniteTensor>& tensors);
std::string value_text(const std::optional<double>& value);    // "0.0123"; none: a dash
std::string percent_text(const std::optional<double>& share);  // "1.23 %"
std::string last_name(const std::string& path);                // of a directory or file

}  // namespace evergreen
