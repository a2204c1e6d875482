// A quick look at a raw corpus: how much text of what length there is, and what could not be read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/corpus_recipe.hpp"
#include "evergreen/data/document_sieve.hpp"
#include "evergreen/data/length_histogram.hpp"

namespace evergreen {

struct CorpusInspection {
  int64_t files = 0, bytes = 0;  // as stored
  SieveCounts counts;
  int64_t words = 0;
  LengthHistogram lengths;                  // bytes of text
  std::optional<int64_t> earliest, latest;  // unix seconds, where a date field is given
  std::vector<std::string> samples;         // the first documents' beginnings
};

// All of the corpus, on all cores; bad records are counted, however many there are.
CorpusInspection inspect_corpus(const CorpusRecipe& recipe, int64_t samples, int threads,
                                const StopFlag* stop = nullptr, const ProgressFn& progress = {});

std::string inspection_text(const CorpusInspection& inspection);
std::string inspection_json(const CorpusInspection& inspection);

}  // namespace evergreen
