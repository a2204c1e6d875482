// Where the tests' own files lie: tests/data and tests/golden.
#pragma once

#include <filesystem>
#include <string>

namespace evergreen::test {

inline std::filesystem::path data_path(const std::string& name) {
  return std::filesystem::path(EVERGREEN_TEST_DATA) / "data" / name;
}
inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(EVERGREEN_TEST_DATA) / "golden" / name;
}

}  // namespace evergreen::test
