// What the goldens of this module share.
#pragma once

#include <string>

#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/usage.hpp"
#include "tests/support/data.hpp"

namespace evergreen::test {

inline OrderedJson golden_json(const std::string& name) {
  return OrderedJson::parse(read_text(golden_path("text/" + name)));
}

inline std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

// Time that does not pass while other programs run.

}  // namespace evergreen::test
