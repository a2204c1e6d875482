// All that decides which documents a corpus gives, as options: plain values, so that the command line, `update` and a config file
// share them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evergreen/data/cleaning.hpp"
#include "evergreen/data/corpus_files.hpp"
#include "evergreen/data/decontamination.hpp"
#include "evergreen/data/duplicates.hpp"

namespace evergreen {

struct CorpusOptions {
  std::string text_field = "text";
  std::string date_field = {};         // empty: dates are not looked at
  std::string since = {}, until = {};  // date_range.hpp; both need a date field
  std::string max_bad = "0";           // MaxBad
};

struct CorpusRecipe {
  CorpusInputs inputs;
  CorpusOptions corpus;
  CleaningOptions cleaning;
  DedupOptions dedup;
  DecontaminationOptions decontamination;
};

// Error{usage} for options that contradict each other or cannot be read; nothing of the corpus is opened.
void require_valid(const CorpusRecipe& recipe);

// What the result depends on, but for the corpus itself: option name -> value.
std::map<std::string, std::string> recipe_settings(const CorpusRecipe& recipe);

}  // namespace evergreen
