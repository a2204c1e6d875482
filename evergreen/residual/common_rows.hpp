// The rows of embeddings that several checkpoints have in common, for looking at them: by their tokens, as extract, apply and
// graft align them (row_alignment.hpp); but tokens that a checkpoint lacks are left out, and are no error.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "evergreen/residual/compatibility.hpp"

namespace evergreen {

struct CommonRows {
  // Of each checkpoint whose rows are not where those of the outline are: for each row of the outline its own, or kNoRow.
  std::map<const CheckpointReader*, std::vector<int64_t>> rows;
  std::vector<std::string> notes;
};

// Errors    of require_compatible() with the outline, and Error{input} for other numbers of rows without a tokenizer.
CommonRows require_common_rows(const Role& outline, const std::vector<Role>& others);

}  // namespace evergreen
