// Which files a corpus consists of.
//
//   .jsonl .ndjson   one JSON object a line         each of these also as .zst or .gz
//   .txt             one file is one document
//   .parquet         one row is one document        (parquet_reader.hpp)
//
// An input is a file, a directory (all such files below it, in order of path; others are passed over) or a glob
// (`news/*.jsonl.zst`). Several inputs keep their order; a file that two of them name is read once.
// Errors    Error{input} for an input that does not exist, matches nothing, or is a file of another ending.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen {

enum class CorpusFormat { json_lines, text, parquet };
enum class Compression { none, gzip, zstd };

struct CorpusFile {
  fs::path path;
  CorpusFormat format = CorpusFormat::json_lines;
  Compression compression = Compression::none;
  uint64_t bytes = 0;  // as stored
};

using CorpusInputs = std::vector<std::string>;

std::vector<CorpusFile> corpus_files(const CorpusInputs& inputs);
uint64_t corpus_bytes(const CorpusInputs& inputs);  // as stored
Hash128 corpus_hash(const CorpusInputs& inputs);    // of names and contents of the files

// Names, sizes, first and last MiB of the files: notices another corpus cheaply.
std::string corpus_fingerprint(const CorpusInputs& inputs);

}  // namespace evergreen
