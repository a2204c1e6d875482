// Whether checkpoints fit together, asked before the first byte of output is written.
//
// Compared are the names, shapes and dtypes of all tensors, and the members of config.json that decide what
// the weights mean (architecture, sizes, heads, tied embeddings). RoPE, lengths and dtypes may differ: that
// is noted. All that is wrong with a pair is gathered: the error says the first thing, and how many more there are.
//
// Errors    Error{input} that names the tensor or member, both sides' values and both files.
#pragma once

#include <string>
#include <vector>

#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

// A checkpoint under the name errors give it: "base", "instruct model", "new base", "residual".
struct Role {
  std::string name;
  const CheckpointReader* reader = nullptr;
  fs::path path = {};  // as evergreen.json names it; empty: the reader's
};

// Throws if the two cannot be subtracted or added tensor by tensor; returns notes about what else differs.
// A stored residual need only hold the tensors with arithmetic. `rows_aligned`: embeddings may have other numbers of rows.
std::vector<std::string> require_compatible(const Role& left, const Role& right, bool rows_aligned = false);

// A residual holds no tensors without arithmetic: they must be the same on both sides. Reads them.
void require_same_carried(const Role& left, const Role& right);

// A residual says so in its metadata, and is neither a base nor an instruct model.
bool is_residual(const CheckpointReader& reader);
void require_model(const Role& role);
void require_residual(const Role& role);

}  // namespace evergreen
