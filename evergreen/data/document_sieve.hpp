// What happens to each record of a corpus before it is compared with others: bad ones are noted, dates checked, texts cleaned.
#pragma once

#include <functional>

#include "evergreen/data/corpus_recipe.hpp"
#include "evergreen/data/record_parser.hpp"

namespace evergreen {

// Counts of one or more chunks.
struct SieveCounts {
  int64_t records = 0;
  DropCounts dropped{};
  BadRecords bad;
  void add(const SieveCounts& later);
  void clear();
};

// A document that came through.
struct SievedDocument {
  std::string_view text;  // cleaned; until the next one
  bool changed = false;   // by cleaning
  CorpusRecord record;
};

// One thread's.
class DocumentSieve {
 public:
  explicit DocumentSieve(const CorpusRecipe& recipe);

  // Calls `use` for the documents of a chunk that come through, in order, until it returns false; counts the others.
  void for_each(const CorpusChunk& chunk, SieveCounts& counts,
                const std::function<bool(const SievedDocument&)>& use);
  // The cleaned text of a document that came through before.
  std::string_view text_again(const CorpusChunk& chunk, const CorpusRecord& record);

 private:
  Drop date_drop(const CorpusRecord& record) const;

  RecordParser parser_;
  Cleaner cleaner_;
  DateRange range_;
};

FieldNames field_names(const CorpusRecipe& recipe);

}  // namespace evergreen
