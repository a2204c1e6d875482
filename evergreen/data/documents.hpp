// Reading a corpus: documents one after the other, in bounded memory.
//
//   .jsonl, .jsonl.zst   one JSON object a line, with its text in `text_field`
//   .txt                 one file is one document
// A directory stands for all such files in it, in order of name.
//
// Errors    Error{input} with file and line: a line that is not a JSON object, a missing or non-string text field, text that
//           is not UTF-8 or holds NUL bytes (a binary file), a corpus without a single document, an unknown ending.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen {

struct CorpusOptions {
  std::string text_field = "text";
};

struct CorpusPosition {
  const fs::path* file = nullptr;
  int64_t line = 0;         // from 1; 0 for a .txt
  uint64_t bytes_read = 0;  // of all files so far, as stored (compressed)
};

// Files of a corpus given as a file or directory; Error{input} if there is none evergreen can read.
std::vector<fs::path> corpus_files(const fs::path& corpus);
uint64_t corpus_bytes(const fs::path& corpus);
Hash128 corpus_hash(const fs::path& corpus);  // of names and contents of its files

// Lines of a .jsonl or .jsonl.zst, without their newline; empty lines are passed over.
// `use` says whether to go on.
void for_each_line(const fs::path& file,
                   const std::function<bool(std::string_view line, int64_t number)>& use);

// Calls `use` for every document with text; documents whose text is empty are skipped. Returns how many were used.
int64_t for_each_document(const fs::path& corpus, const CorpusOptions& options,
                          const std::function<bool(std::string_view text, const CorpusPosition&)>& use);

// Whether `text` is well-formed UTF-8 without NUL.
bool is_clean_text(std::string_view text);

}  // namespace evergreen
