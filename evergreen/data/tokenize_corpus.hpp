// From a corpus to token stores: training text and a held-out part, by the family's convention for raw text.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/data/token_store.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

// What surrounds a document: BOS where the tokenizer has one, and the base model's end-of-text token behind.
struct DocumentMarks {
  std::vector<uint32_t> before, after;
};

struct TokenizeOptions {
  CorpusOptions corpus;
  DocumentMarks marks;
  double held_out = 0.02;  // share of documents kept for validation, chosen by (seed, document number); at
                           // least one and at most `max_held_out_documents`
  int64_t max_held_out_documents = 500;
  int64_t max_tokens = 0;  // stop after so many training tokens; 0: all
  uint64_t seed = 0;
  int threads = 0;
  const StopFlag* stop = nullptr;
  ProgressFn progress;
};

struct TokenizeReport {
  int64_t documents = 0, tokens = 0, bytes = 0;  // training part
  int64_t held_out_documents = 0, held_out_tokens = 0, held_out_bytes = 0;
};

// Writes train.tok and held_out.tok into `directory` (made if missing), held_out.txt.jsonl with the held-out
// texts.
TokenizeReport tokenize_corpus(const fs::path& corpus, const Tokenizer& tokenizer, const fs::path& directory,
                               const TokenizeOptions& options);

}  // namespace evergreen
