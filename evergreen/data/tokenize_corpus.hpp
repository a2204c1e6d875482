// From a corpus to token stores: training text and a held-out part, by the family's convention for raw text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/data/documents.hpp"
#include "evergreen/data/token_store.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

// What surrounds a document of raw text.
struct DocumentMarks {
  std::vector<uint32_t> before, after;
};

// BOS in front where the tokenizer adds one to a text (Llama 3 does, Qwen does not), and the model's
// end-of-text token behind: `end_of_text` is the first eos_token_id of the BASE model's config.json.
DocumentMarks document_marks(const Tokenizer& tokenizer, std::optional<int64_t> end_of_text);

struct TokenizeOptions {
  CorpusOptions corpus;
  DocumentMarks marks;
  int64_t vocab_size = 0;  // rows of the model's embedding; a token beyond is Error{input}
  double held_out = 0.02;  // share of documents kept for validation, chosen by (seed, document number)
  int64_t max_held_out_documents = 500;
  int64_t max_tokens = 0;  // stop after so many training tokens; 0: all
  uint64_t seed = 0;
  int threads = 0;
};

struct TokenizeReport {
  int64_t documents = 0, tokens = 0, text_bytes = 0;  // training part
  int64_t held_out_documents = 0, held_out_tokens = 0, held_out_text_bytes = 0;
};

// Writes train.tok, held_out.tok and held_out.jsonl (the texts) into `directory`, which must exist. A corpus
// of one document is cut: its last `held_out` share is held out. Special tokens in the text are read as text.
TokenizeReport tokenize_corpus(const fs::path& corpus, const Tokenizer& tokenizer, const fs::path& directory,
                               const TokenizeOptions& options, const StopFlag* stop = nullptr,
                               const ProgressFn& progress = {});

}  // namespace evergreen
