// The first pass over a corpus whose duplicates go: every document that comes through the sieve leaves its keys, then they are
// compared (duplicates.hpp). Goes on after a kill.
#pragma once

#include "evergreen/base/progress.hpp"
#include "evergreen/data/corpus_recipe.hpp"

namespace evergreen {

// What the second pass asks: the documents of chunk c are first_document[c] and following.
struct DuplicateDecisions {
  std::vector<uint64_t> first_document;  // of each chunk
  std::vector<Drop> drops;               // of each document
};

// Works in `work`, which must exist.
DuplicateDecisions scan_duplicates(const CorpusRecipe& recipe, const std::vector<CorpusFile>& files,
                                   const fs::path& work, int threads, double commit_seconds,
                                   const StopFlag* stop, const ProgressFn& progress);

}  // namespace evergreen
