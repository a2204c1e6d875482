// Conversations as training examples: the chat template's text, with the loss on the assistant's turns only.
//
//   .jsonl (.zst, .gz)   one conversation a line: {"messages": [{"role": "user", "content": "..."}, ...]}
//
// The text around an answer and the answer are tokenised apart, just as a prompt and its answer are in generation. All tokens
// but the assistant's are marked kContextOnly.
#pragma once

#include <cstdint>

#include "evergreen/base/stop.hpp"
#include "evergreen/data/corpus_files.hpp"
#include "evergreen/data/token_store.hpp"

namespace evergreen {

struct ChatTokenizeOptions {
  int64_t vocab_size = 0;
  double held_out = 0.02;
  uint64_t seed = 0;
};

struct ChatTokenizeReport {
  int64_t conversations = 0, tokens = 0, held_out_conversations = 0;
};

// Writes the token stores train/ and held_out/ into `directory`; tokenizer and template are those of the model in `model`.
// Errors    Error{input} with file and line for a line that is no conversation or that the template refuses.
ChatTokenizeReport tokenize_chats(const CorpusInputs& corpus, const fs::path& model,
                                  const fs::path& directory, const ChatTokenizeOptions& options,
                                  const StopFlag* stop = nullptr);

}  // namespace evergreen
