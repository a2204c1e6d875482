// What doing a part of a combination found out: sums, and hashes of the blocks that passed. Kept as a note in the output's
// journal, so that a part done is never done again: not by a run that continues a killed one, and not by the process that
// finishes what others did.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/hash.hpp"
#include "evergreen/residual/residual_kernel.hpp"

namespace evergreen {

struct PartRecord {
  KernelSums sums;
  // Block hashes of the part's streams: c0, a and b of each term, the output; none of a stream that is not hashed on its way.
  std::vector<std::vector<Hash128>> blocks;
};

std::string to_note(size_t part, const PartRecord& record);

struct NotedPart {
  size_t part = 0;
  PartRecord record;
};
std::optional<NotedPart> from_note(std::string_view note);  // none for a note of something else

}  // namespace evergreen
