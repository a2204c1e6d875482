// Cheap identity of large inputs, to notice that they are others than the ones unfinished work was started with.
//
// A fingerprint reads a little of everything: it tells two releases apart, not two files made to look alike. What a result
// was made from is recorded by full content hashes.
#pragma once

#include <string>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

// Names, dtypes, shapes and the first 4 KiB of each tensor.
std::string fingerprint(const CheckpointReader& checkpoint);

}  // namespace evergreen
