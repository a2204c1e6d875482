// What a CheckpointWriter is going to write: which tensor lies where in which file.
//
// Shards are filled as transformers does it: tensors in order, a new shard where one would grow beyond the
// limit, one of its own for a tensor that is larger by itself. Within a shard wide elements come first, so each tensor is aligned.
//
// Errors    Error{input} for a name that is planned twice or a shape that is larger than any file.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {

struct Layout {
  std::vector<TensorInfo> tensors;  // in the order of the plan, with shard and byte range
  std::vector<std::string> shards;  // file names
  std::vector<std::string> headers;
  std::vector<uint64_t> shard_bytes;
};

Layout lay_out(const std::vector<TensorSpec>& plan, const WriterOptions& options);

// A plan as text, for another process to join it or to tell whether it is the same.
std::string plan_to_text(const std::vector<TensorSpec>& plan, const WriterOptions& options);
std::pair<std::vector<TensorSpec>, WriterOptions> plan_from_text(const std::string& text,
                                                                 const std::string& where);

}  // namespace evergreen
