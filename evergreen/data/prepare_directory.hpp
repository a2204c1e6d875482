// `evergreen data prepare`: a corpus prepared into a directory of its own, which appears whole or not at all.
//
//   OUT/                 what prepare_corpus.hpp lists
//   OUT/tokenizer/       the tokenizer's files: the directory explains itself
//   OUT/evergreen.json   provenance
//
// Until it is finished it is OUT.partial; the same call goes on with it.
#pragma once

#include "evergreen/data/prepare_corpus.hpp"

namespace evergreen {

struct PrepareDirectoryOptions {
  fs::path
      tokenizer;  // a model's directory: tokenizer.json, and config.json for the vocabulary size and the end token
  PrepareOptions prepare;  // marks, vocab_size and tokenizer_hash are filled in
};

// Error{input} if `out` exists or another process is at it, and what prepare_corpus() throws.
PrepareReport prepare_directory(const PrepareDirectoryOptions& options, const fs::path& out,
                                const StopFlag* stop = nullptr, const ProgressFn& progress = {});

}  // namespace evergreen
