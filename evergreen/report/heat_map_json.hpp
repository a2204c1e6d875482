// Heat maps as JSON, for results that are drawn later than they are measured.
//
//   [{"title", "meaning", "row_title", "columns": [...], "diverging": false, "group",
//     "rows": [{"label", "values": [0.1, null, ...]}, ...]}, ...]
//
// Errors    Error{input} that names `where` for a text that is not of this form.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/report/heat_map.hpp"

namespace evergreen {

std::string to_json_text(const std::vector<HeatMap>& maps);
std::vector<HeatMap> read_heat_maps(std::string_view json, const std::string& where);

}  // namespace evergreen
