// The header of a safetensors file, read to the letter of the format.
//
//   8 bytes   N, length of the header, little-endian; at most 100 MB
//   N bytes   JSON object, beginning with '{', padded with spaces:
//             name -> {dtype, shape, data_offsets: [begin, end)}, and "__metadata__": string -> string
//   rest      the elements, little-endian, row-major; offsets count from here
//
// Source: the format's own README and validation in the `safetensors` crate (tensor.rs).
// Errors    Error{input} naming the file, the tensor and both numbers, for: a file shorter than its header
//           says, a header that is not UTF-8 JSON or nested too deep, a name given twice, an unknown dtype or
//           member, a negative or overflowing shape, dtype x shape that is not the length of the range,
//           ranges that overlap, leave a hole or do not end at the end of the file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/checkpoint/dtype.hpp"

namespace evergreen {

inline constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

struct TensorInfo {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<int64_t> shape;  // empty: a scalar
  uint64_t begin = 0;          // byte range in its file, counted from the start of the FILE
  uint64_t end = 0;
  int shard = 0;  // index into the reader's or writer's files

  uint64_t elements() const;
  uint64_t bytes() const { return end - begin; }
};

std::string shape_text(const std::vector<int64_t>& shape);  // "[64, 32]"

// ceil(elements x bits / 8), Error{input} on overflow; sub-byte types must fill whole bytes.
uint64_t tensor_bytes(Dtype dtype, const std::vector<int64_t>& shape, const std::string& where);

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in file order (by begin)
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;  // where the elements start: 8 + N
};

// `json` is the N bytes after the length; `file_bytes` the size of the whole file.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t file_bytes,
                                           const std::string& where);

// The 8 + N bytes that begin a file holding `tensors` in this order, back to back; fills their begin and end.
// N is padded so that the elements start at a multiple of 64 bytes.
std::string make_safetensors_header(std::vector<TensorInfo>& tensors,
                                    const std::map<std::string, std::string>& metadata);

}  // namespace evergreen
