// Headers of safetensors: whatever is accepted must hold what the format promises, and be written back the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/safetensors.hpp"

namespace {

using namespace evergreen;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const SafetensorsHeader& header, uint64_t file_bytes) {
  uint64_t end = header.data_begin;
  for (const TensorInfo& tensor : header.tensors) {
    require(tensor.begin == end && tensor.end >= tensor.begin && tensor.end <= file_bytes);
    require(tensor.bytes() == tensor_bytes(tensor.dtype, tensor.shape, "fuzz"));
    end = tensor.end;
  }
  require(end == file_bytes);
  std::vector<TensorInfo> again = header.tensors;
  const std::string bytes = make_safetensors_header(again, header.metadata);
  const uint64_t data = file_bytes - header.data_begin;
  const SafetensorsHeader reread =
      parse_safetensors_header(std::string_view(bytes).substr(8), bytes.size() + data, "again");
  require(reread.metadata == header.metadata && reread.tensors.size() == header.tensors.size());
  for (size_t i = 0; i < again.size(); ++i) require(reread.tensors[i].shape == header.tensors[i].shape);
}

}  // namespace

// The first two bytes are the length of the data behind the header.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view json(reinterpret_cast<const char*>(data) + 2, size - 2);
  const uint64_t file_bytes = 8 + json.size() + data[0] + 256 * uint64_t{data[1]};
  try {
    check(parse_safetensors_header(json, file_bytes, "fuzz"), file_bytes);
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::input);
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {
      "\x0c  "
      "{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},\"__metadata__\":{\"format\":\"pt\"},"
      "\"a\":{\"dtype\":\"BF16\",\"shape\":[1,2],\"data_offsets\":[0,4]}}   ",
      "  {}", nullptr};
  return seeds;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"\"dtype\"",
                                      "\"shape\"",
                                      "\"data_offsets\"",
                                      "\"__metadata__\"",
                                      "\"F4\"",
                                      "\"F6_E2M3\"",
                                      "\"BF16\"",
                                      "[0,4]",
                                      "[]",
                                      "9223372036854775807",
                                      "18446744073709551615",
                                      "-1",
                                      "0",
                                      nullptr};
  return words;
}
