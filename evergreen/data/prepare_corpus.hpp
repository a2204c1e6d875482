// From a corpus to token stores: documents read, sieved, compared, tokenised and divided into training and held-out text.
//
//   DIRECTORY/train/, held_out/     token stores                            (token_store.hpp)
//   DIRECTORY/held_out.jsonl        the held-out texts: {"text": ...}
//   DIRECTORY/contaminated.jsonl    which documents share text with which evaluation items; only where that is asked for
//   DIRECTORY/report.json           the summary; written last
//   DIRECTORY/work/                 while it is unfinished: what a killed run needs to go on
//
// The corpus is read once, twice if duplicates are removed. A reader thread cuts it into chunks, all cores work on
// chunks, the results are written in order: the output is the same bytes whatever the number of threads, and whether or not
// the work was killed on the way.
// Held out are documents drawn by (seed, number among those that stay), at most `max_held_out_documents`; where none
// was drawn the end of the last one.
// Memory    some megabytes a thread, the tables of the open shard; duplicates.hpp and decontamination.hpp say what theirs cost.
// Errors    Error{usage} for options (before anything is read), Error{input} for the corpus: with file and line for the record
//           that is one too many (--max-bad); Error{interrupted} after a requested stop, state saved.
#pragma once

#include <cstdint>
#include <string>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/corpus_recipe.hpp"
#include "evergreen/data/document_marks.hpp"
#include "evergreen/data/prepare_report.hpp"
#include "evergreen/data/token_store.hpp"

namespace evergreen {

struct PrepareOptions {
  CorpusRecipe recipe;
  DocumentMarks marks;
  int64_t vocab_size = 0;  // rows of the model's embedding; a token beyond is Error{input}
  double held_out = 0.02;
  int64_t max_held_out_documents = 500;
  int64_t max_tokens = 0;  // stop after so many training tokens; 0: all
  uint64_t seed = 0;
  int threads = 0;
  int64_t shard_tokens = kShardTokens;
  double commit_seconds = 10;       // between two points that a killed run goes on from
  std::string tokenizer_hash = {};  // unfinished work of another tokenizer is started anew
};

// `directory` is made where it is missing. The same work, unfinished, goes on there; finished, only its report is read; other work
// is replaced. Special tokens in the text are read
// as text.
PrepareReport prepare_corpus(const PrepareOptions& options, const Tokenizer& tokenizer,
                             const fs::path& directory, const StopFlag* stop = nullptr,
                             const ProgressFn& progress = {});

}  // namespace evergreen
