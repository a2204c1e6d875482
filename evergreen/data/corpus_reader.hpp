// A corpus as chunks of about a megabyte, in order: the unit of work of the pipeline.
//
// A chunk begins and ends between documents, and where it ends is a function of where it begins: reading can
// go on at any chunk's end and gives the same chunks as reading from the start. Lines are not looked into.
// Errors    Error{input} for damaged files and for lines beyond 256 MiB.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/data/byte_source.hpp"
#include "evergreen/data/parquet_reader.hpp"

namespace evergreen {

struct ReadPosition {
  size_t file = 0;
  uint64_t offset = 0;  // decompressed bytes of that file, or rows of a .parquet
  int64_t line = 0;     // lines or rows before it
  friend bool operator==(const ReadPosition&, const ReadPosition&) = default;
};

struct CorpusChunk {
  const CorpusFile* file = nullptr;
  int64_t first_line = 0;  // number of the first line, from 1
  std::string bytes;       // followed by kChunkPadding readable bytes: see text()
  size_t size = 0;
  ParquetRows rows;           // of a .parquet
  ReadPosition end;           // where the next chunk begins
  uint64_t stored_bytes = 0;  // of the corpus up to `end`, as stored

  std::string_view text() const { return std::string_view(bytes).substr(0, size); }
};

inline constexpr size_t kChunkPadding = 64;  // what simdjson may read behind a document

struct FieldNames {
  std::string text = "text";
  std::string date = {};  // empty: dates are not read
};

class CorpusReader {
 public:
  CorpusReader(std::vector<CorpusFile> files, FieldNames fields, ReadPosition from = {});
  ~CorpusReader();

  // Refills `chunk` (its buffers are used again); false at the end of the corpus.
  bool next(CorpusChunk& chunk);
  const std::vector<CorpusFile>& files() const { return files_; }
  uint64_t total_bytes() const { return total_bytes_; }  // as stored

 private:
  void open();
  void close();
  bool next_lines(CorpusChunk& chunk);
  bool next_text(CorpusChunk& chunk);
  bool next_rows(CorpusChunk& chunk);
  bool fill();
  uint64_t stored_bytes_of_file();

  std::vector<CorpusFile> files_;
  FieldNames fields_;
  ReadPosition at_;
  uint64_t bytes_before_ = 0, total_bytes_ = 0, stored_of_file_ = 0;
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<ParquetReader> parquet_;
  std::string ahead_;  // read, but not given out
  bool at_end_ = false;
};

}  // namespace evergreen
