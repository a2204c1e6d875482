// The documents inside a chunk: its lines parsed as JSON (simdjson, each line checked as a whole), its text, or its rows.
//
// A field is a name, or a path with dots ("meta.body") through objects; a name that itself holds the dots comes first.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "evergreen/data/bad_records.hpp"
#include "evergreen/data/corpus_reader.hpp"
#include "evergreen/data/date_range.hpp"

namespace evergreen {

struct CorpusRecord {
  int64_t line = 0;            // from 1; 0: the whole file
  size_t begin = 0, size = 0;  // where it lies in the chunk: parse() takes it from there again
  std::optional<BadKind> bad = {};
  std::string_view text = {};         // until the next record is parsed
  std::optional<DateSpan> date = {};  // where a date field is asked for
};

// One thread's: it keeps the parser's buffers.
class RecordParser {
 public:
  explicit RecordParser(const FieldNames& fields);
  ~RecordParser();
  RecordParser(RecordParser&&) noexcept;

  // Calls `use` for every record in order, bad ones included, until it returns false. Blank lines are no records.
  void for_each(const CorpusChunk& chunk, const std::function<bool(const CorpusRecord&)>& use);
  // The record that lies at `begin`, as for_each() gave it.
  CorpusRecord parse(const CorpusChunk& chunk, size_t begin, size_t size, int64_t line);

 private:
  CorpusRecord json_record(const CorpusChunk& chunk, size_t begin, size_t size, int64_t line);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace evergreen
