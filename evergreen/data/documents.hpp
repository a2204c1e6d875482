// Documents of a corpus one after the other, on one thread: for a look at its beginning, and for small corpora. prepare_corpus()
// is what reads a large one.
//
// Errors    as of corpus_reader.hpp; Error{input} with file and line for the record that is one too many
//           (CorpusOptions::max_bad), and for a corpus without a single document.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "evergreen/data/corpus_recipe.hpp"

namespace evergreen {

struct CorpusPosition {
  const fs::path* file = nullptr;
  int64_t line = 0;         // from 1; 0 for a .txt
  uint64_t bytes_read = 0;  // of all files so far, as stored (compressed), about
};

// Calls `use` for every document with text; documents whose text is empty are skipped. Returns how many were used.
int64_t for_each_document(const CorpusInputs& inputs, const CorpusOptions& options,
                          const std::function<bool(std::string_view text, const CorpusPosition&)>& use);

// Lines of all .jsonl files, without their line break; blank lines are passed over. `use` says whether to go on.
void for_each_line(const CorpusInputs& inputs,
                   const std::function<bool(std::string_view line, const CorpusPosition&)>& use);

}  // namespace evergreen
