#include "evergreen/checkpoint/safetensors_index.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {

std::map<std::string, std::string> parse_safetensors_index(std::string_view text, const std::string& where) {
  const Json weight_map = json_get<Json>(parse_json(text, where), "weight_map", where);
  constexpr const char* kAdvice = "the index is damaged or not of these weights: fetch it again";
  if (!weight_map.is_object()) throw Error(ErrorKind::input, "'weight_map' is not an object", where, kAdvice);
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : weight_map.items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name == "." || name == ".." || fs::path(name).filename() != name ||
        name.find('\0') != std::string::npos) {
      throw Error(ErrorKind::input,
                  fmt::format("tensor '{}' lies in {}, which is not the name of a file beside the index",
                              tensor, file.dump(-1, ' ', false, Json::error_handler_t::replace)),
                  where, kAdvice);
    }
    files[tensor] = name;
  }
  return files;
}

}  // namespace evergreen
