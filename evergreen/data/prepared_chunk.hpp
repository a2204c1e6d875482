// What a worker makes of a chunk: the documents that stay, tokenised, and counts of those that do not.
#pragma once

#include <optional>

#include "evergreen/data/document_sieve.hpp"
#include "evergreen/data/duplicate_scan.hpp"
#include "evergreen/data/prepare_corpus.hpp"

namespace evergreen {

struct ContaminatedDocument {
  int64_t line = 0;
  std::vector<EvaluationMatch> items;
};

struct PreparedChunk {
  CorpusChunk raw;
  uint64_t number = 0;  // of the chunk, from the start of the corpus
  SieveCounts counts;
  std::vector<CorpusRecord> kept;             // their texts are gone: DocumentSieve::text_again
  std::vector<uint32_t> text_bytes, lengths;  // of the kept: of the cleaned text, in tokens
  std::vector<uint8_t> changed;
  std::vector<uint32_t> tokens;  // of all kept, back to back
  std::vector<ContaminatedDocument> contaminated;
};

// Shared by all workers, which only read it.
struct PrepareInputs {
  const PrepareOptions* options = nullptr;
  const Tokenizer* tokenizer = nullptr;
  const DuplicateDecisions* duplicates = nullptr;  // null: they stay
  const EvaluationTexts* evaluation = nullptr;     // null: not looked for
};

// One thread's.
class ChunkWorker {
 public:
  explicit ChunkWorker(const PrepareInputs& inputs);
  void prepare(PreparedChunk& chunk);

 private:
  Drop duplicate_drop(const PreparedChunk& chunk, uint64_t document) const;
  bool is_contaminated(PreparedChunk& chunk, const SievedDocument& document);

  PrepareInputs inputs_;
  DocumentSieve sieve_;
  std::vector<EvaluationMatch> matches_;
  std::vector<int32_t> ids_;
};

// The tokens of one document with its marks, appended to `out`; `ids` is a buffer.
void append_document_tokens(const PrepareOptions& options, const Tokenizer& tokenizer, std::string_view text,
                            std::vector<int32_t>& ids, std::vector<uint32_t>& out);

}  // namespace evergreen
