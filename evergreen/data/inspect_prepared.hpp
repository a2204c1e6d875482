// What a prepared directory (prepare_directory.hpp) or a token store holds.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/length_histogram.hpp"
#include "evergreen/data/token_store.hpp"

namespace evergreen {

struct PreparedInspectOptions {
  bool verify = false;  // every block of every shard against its hash
  int64_t samples = 3;  // documents to decode, drawn by `seed`; needs the tokenizer
  uint64_t seed = 0;
  fs::path tokenizer = {};  // empty: DIRECTORY/tokenizer
};

struct SampledDocument {
  int64_t document = 0;  // number in the store
  int64_t tokens = 0;
  std::string text;
};

struct StoreInspection {
  std::string name;  // "train"
  int64_t vocab_size = 0, documents = 0, tokens = 0;
  std::string hash;
  size_t shards = 0;
  bool verified = false;
  LengthHistogram lengths;  // tokens
  std::vector<SampledDocument> samples;
};

struct PreparedInspection {
  std::vector<StoreInspection> stores;
  std::string report, provenance;  // JSON; empty where there is none
  std::string table;               // of the report, for people
};

bool is_prepared(const fs::path& directory);  // or a token store

// Error{input} for damage.
PreparedInspection inspect_prepared(const fs::path& directory, const PreparedInspectOptions& options,
                                    const StopFlag* stop = nullptr, const ProgressFn& progress = {});

std::string inspection_text(const PreparedInspection& inspection);
std::string inspection_json(const PreparedInspection& inspection);

}  // namespace evergreen
