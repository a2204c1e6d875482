// TensorBoard's event files: scalars by step.
//
// A file is a row of records (TFRecord: length, masked CRC-32C of the length, data, masked CRC-32C of the data), each an Event
// message of tensorflow/core/util/event.proto. A resumed run begins another file, whose first event tells TensorBoard
// to forget what earlier files hold from that step on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

class EventFile {
 public:
  // events.out.tfevents.SECONDS.evergreen.NUMBER in `directory`, which is made; `first_step`: steps from here on will follow.
  EventFile(const fs::path& directory, int64_t first_step);
  void add(int64_t step, const std::vector<std::pair<std::string, double>>& scalars);

 private:
  void write(std::string_view event);
  File file_;
};

// CRC-32C (Castagnoli) and TensorFlow's mask of it.
uint32_t crc32c(std::string_view bytes);
uint32_t masked_crc32c(std::string_view bytes);

}  // namespace evergreen
