// What an answer leaves in the cache for the next prompt: the turns of a conversation so far are computed once.
//
// The prompt of a turn begins, as a rule, with the tokens of the turn before and its answer. As far as it does, nothing is computed
// again; where the two part (a conversation that was cut or begun anew, an answer that its own text encodes otherwise) the rest is dropped.
// The same object must go with one decoder only.
//
// Memory    pages for the longest sequence, taken at the first answer (on a CPU used as they fill), within `kv_memory_bytes`. Where
//           fewer are to be had and a conversation outgrows them, it is computed anew.
#pragma once

#include <memory>
#include <vector>

#include "evergreen/model/kv_cache.hpp"

namespace evergreen {

struct KeptSequence {
  std::unique_ptr<KvCache> cache = {};  // slot 0 is generated in, slot 1 holds the tokens below
  std::vector<int32_t> tokens = {};     // fed by the answer before
  int64_t reused = 0;                   // of the last prompt: tokens that were there already
};

}  // namespace evergreen
