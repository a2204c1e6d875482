// The loss on text that is not trained on.
#pragma once

#include <cstdint>
#include <string>

#include "evergreen/data/token_store.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/parallel/process_groups.hpp"
#include "evergreen/train/parallel_training.hpp"

namespace evergreen {

struct ValidationSet {
  std::string name;
  const TokenStore* store = nullptr;
};

// Mean loss over the first `max_tokens` tokens of a store, in store order, each document on its own.
double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens);

// The same with the work dealt out to the ranks; the result is that of all of them.
double mean_loss(const Decoder& decoder, const TokenStore& store, int64_t row_tokens, int64_t max_tokens,
                 ProcessGroups& groups, ParallelTraining& parallel);

}  // namespace evergreen
