// Indexes of sharded checkpoints: whatever is accepted names files beside the index, and nothing else.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/safetensors_index.hpp"

namespace {

using namespace evergreen;

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    for (const auto& [tensor, file] : parse_safetensors_index(text, "fuzz")) {
      require(!file.empty() && file != ".." && file != ".");
      require(file.find('/') == std::string::npos && file.find('\0') == std::string::npos);
    }
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::input);
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {
      "{\"metadata\":{\"total_size\":12},\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\","
      "\"b\":\"model-00002-of-00002.safetensors\"}}",
      "{\"weight_map\":{}}", nullptr};
  return seeds;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {
      "\"weight_map\"", "\"metadata\"",          "../", "/",  "\\u0000", "\"\"", "..",
      "null",           "\"model.safetensors\"", "[]",  "{}", nullptr};
  return words;
}
