#include "evergreen/data/document_sieve.hpp"

namespace evergreen {

void SieveCounts::add(const SieveCounts& later) {
  records += later.records;
  for (size_t i = 0; i < kDropReasons; ++i) dropped[i] += later.dropped[i];
  bad.add(later.bad);
}

void SieveCounts::clear() {
  records = 0;
  dropped.fill(0);
  bad.clear();
}

FieldNames field_names(const CorpusRecipe& recipe) {
  return {recipe.corpus.text_field, recipe.corpus.date_field};
}

DocumentSieve::DocumentSieve(const CorpusRecipe& recipe)
    : parser_(field_names(recipe)),
      cleaner_(recipe.cleaning),
      range_(recipe.corpus.since, recipe.corpus.until) {}

Drop DocumentSieve::date_drop(const CorpusRecord& record) const {
  if (!record.date || !range_.is_limited()) return Drop::none;
  if (range_.is_before(*record.date)) return Drop::before_since;
  return range_.is_after(*record.date) ? Drop::after_until : Drop::none;
}

void DocumentSieve::for_each(const CorpusChunk& chunk, SieveCounts& counts,
                             const std::function<bool(const SievedDocument&)>& use) {
  parser_.for_each(chunk, [&](const CorpusRecord& record) {
    ++counts.records;
    std::optional<BadKind> bad = record.bad;
    if (!bad && !cleaner_.removes_controls() && record.text.find('\0') != std::string_view::npos)
      bad = BadKind::nul_bytes;
    if (bad) {
      counts.bad.add({*bad, chunk.file->path.string(), record.line});
      return true;
    }
    SievedDocument document{record.text, false, record};
    Drop drop = date_drop(record);
    if (drop == Drop::none) drop = cleaner_.clean(record.text, document.text);
    if (drop != Drop::none) {
      ++counts.dropped[static_cast<size_t>(drop)];
      return true;
    }
    document.changed = document.text.data() != record.text.data() && document.text != record.text;
    return use(document);
  });
}

std::string_view DocumentSieve::text_again(const CorpusChunk& chunk, const CorpusRecord& record) {
  std::string_view text;
  cleaner_.clean(parser_.parse(chunk, record.begin, record.size, record.line).text, text);
  return text;
}

}  // namespace evergreen
