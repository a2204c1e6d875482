// JSON forms of what the stages of a preparation commit. For sources of this module only.
#pragma once

#include "evergreen/base/json.hpp"
#include "evergreen/data/corpus_reader.hpp"
#include "evergreen/data/document_sieve.hpp"
#include "evergreen/data/token_store.hpp"

namespace evergreen {

OrderedJson to_json(const ReadPosition& position);
OrderedJson to_json(const SieveCounts& counts);
OrderedJson to_json(const TokenStoreState& state);
ReadPosition position_from(const Json& json);
SieveCounts counts_from(const Json& json);
TokenStoreState store_state_from(const Json& json);

}  // namespace evergreen
