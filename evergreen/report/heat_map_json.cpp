#include "evergreen/report/heat_map_json.hpp"

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

OrderedJson to_json(const HeatMap& map) {
  OrderedJson json = {{"title", map.title},
                      {"meaning", map.meaning},
                      {"row_title", map.row_title},
                      {"columns", map.columns},
                      {"diverging", map.scale == ColourScale::diverging},
                      {"group", map.group}};
  for (const HeatRow& row : map.rows) {
    OrderedJson values = OrderedJson::array();
    for (const auto& value : row.values) values.push_back(value ? OrderedJson(*value) : OrderedJson());
    json["rows"].push_back({{"label", row.label}, {"values", values}});
  }
  return json;
}

HeatMap from_json(const Json& json, const std::string& where) {
  HeatMap map{json_get<std::string>(json, "title", where),
              json_get<std::string>(json, "meaning", where),
              json_get<std::string>(json, "row_title", where),
              json_get<std::vector<std::string>>(json, "columns", where),
              {},
              json_get<bool>(json, "diverging", where) ? ColourScale::diverging : ColourScale::sequential,
              json_get_or<std::string>(json, "group", "", where)};
  for (const Json& row : json_get<Json>(json, "rows", where)) {
    HeatRow cells{json_get<std::string>(row, "label", where), {}};
    for (const Json& value : json_get<Json>(row, "values", where))
      cells.values.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
    map.rows.push_back(std::move(cells));
  }
  return map;
}

}  // namespace

std::string to_json_text(const std::vector<HeatMap>& maps) {
  OrderedJson json = OrderedJson::array();
  for (const HeatMap& map : maps) json.push_back(to_json(map));
  return to_text(json);
}

std::vector<HeatMap> read_heat_maps(std::string_view json, const std::string& where) {
  const Json list = parse_json(json, where);
  std::vector<HeatMap> maps;
  for (const Json& map : list) maps.push_back(from_json(map, where));
  return maps;
}

}  // namespace evergreen
