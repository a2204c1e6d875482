// JSON documents, for our own sources only: no public header of another module includes this one.
//
// Errors    Error{input} with line and column for text that is not JSON, for a name given twice in one object, for
//           nesting deeper than `max_depth`, and for a member that is missing or of another type.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen {

using Json = nlohmann::json;                 // sorted names: for reading
using OrderedJson = nlohmann::ordered_json;  // names in order of insertion: for writing

inline constexpr int kMaxJsonDepth = 128;

// `where` is what errors name: a path, or "header of x.safetensors".
Json parse_json(std::string_view text, const std::string& where, int max_depth = kMaxJsonDepth);
Json read_json(const fs::path& path, int max_depth = kMaxJsonDepth);

[[noreturn]] void throw_json_member(const std::string& name, const std::string& where,
                                    const std::string& problem);

// The member `name` of `object`, converted; missing, null or of another type is an error.
template <class T>
T json_get(const Json& object, const std::string& name, const std::string& where) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || found->is_null()) throw_json_member(name, where, "is missing");
  if constexpr (std::is_same_v<T, bool>) {
    if (!found->is_boolean()) throw_json_member(name, where, "is not true or false");
  } else if constexpr (std::is_integral_v<T>) {
    if (!found->is_number_integer()) throw_json_member(name, where, "is not a whole number");
    if (std::is_unsigned_v<T> && !found->is_number_unsigned()) throw_json_member(name, where, "is negative");
    if (found->is_number_unsigned() ? !std::in_range<T>(found->template get<uint64_t>())
                                    : !std::in_range<T>(found->template get<int64_t>())) {
      throw_json_member(name, where, "is out of range");
    }
  }
  try {
    return found->template get<T>();
  } catch (const nlohmann::json::exception&) {
    throw_json_member(name, where, "is not of the expected type");
  }
}

// The same, with `fallback` where the member is missing or null.
template <class T>
T json_get_or(const Json& object, const std::string& name, T fallback, const std::string& where) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  if (found == object.end() || found->is_null()) return fallback;
  return json_get<T>(object, name, where);
}

// Text for a file: two spaces of indentation, a newline at the end; ill-formed UTF-8 is replaced.
std::string to_text(const OrderedJson& json);

}  // namespace evergreen
