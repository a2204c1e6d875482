// A checkpoint's weights as numbers, and small checkpoints from a formula.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evergreen/checkpoint/reader.hpp"
#include "tests/support/pico_checkpoint.hpp"

namespace evergreen::test {

inline std::vector<double> values_of(const CheckpointReader& reader, const std::string& name) {
  const TensorInfo& tensor = reader.get(name);
  std::vector<double> values(tensor.elements());
  decode(tensor.dtype, reader.read_all(tensor), values);
  return values;
}

// One tensor, "w"; element i is value(i).
inline fs::path write_tensor(const fs::path& out, Dtype dtype, std::vector<int64_t> shape,
                             const std::function<double(uint64_t)>& value) {
  return write_checkpoint(out, {{"w", dtype, std::move(shape)}},
                          [&](const TensorSpec&, uint64_t i) { return value(i); });
}

// Changes one byte of a file.
inline void flip_byte(const fs::path& path, uint64_t at) {
  File file(path, File::Mode::read_write);
  std::vector<std::byte> byte(1);
  file.read_at(at, byte);
  byte[0] ^= std::byte{1};
  file.write_at(at, byte);
}

}  // namespace evergreen::test
