#include "evergreen/data/documents.hpp"

#include <algorithm>

#include "evergreen/base/error.hpp"
#include "evergreen/data/document_sieve.hpp"
#include "evergreen/data/text_units.hpp"

namespace evergreen {

int64_t for_each_document(const CorpusInputs& inputs, const CorpusOptions& options,
                          const std::function<bool(std::string_view, const CorpusPosition&)>& use) {
  CorpusRecipe recipe;
  recipe.inputs = inputs;
  recipe.corpus = options;
  require_valid(recipe);
  const MaxBad max_bad(options.max_bad);
  CorpusReader reader(corpus_files(inputs), field_names(recipe));
  DocumentSieve sieve(recipe);
  SieveCounts counts;
  int64_t documents = 0;
  bool go_on = true;
  uint64_t before = 0;
  const auto check = [&](bool at_end) {
    require_bearable(counts.bad, counts.records, max_bad, at_end, options.text_field, options.date_field);
  };
  for (CorpusChunk chunk; go_on && reader.next(chunk); before = chunk.stored_bytes) {
    sieve.for_each(chunk, counts, [&](const SievedDocument& document) {
      check(false);  // what comes before this document
      const auto end = static_cast<double>(document.record.begin + document.record.size);
      const double share = chunk.size > 0 ? end / static_cast<double>(chunk.size) : 1;
      const auto part = static_cast<uint64_t>(share * static_cast<double>(chunk.stored_bytes - before));
      ++documents;
      return go_on = use(document.text, {&chunk.file->path, document.record.line, before + part});
    });
    if (go_on) check(false);
  }
  if (go_on) check(true);
  if (documents == 0)
    throw Error(ErrorKind::input, "the corpus is empty: it has no document with text", inputs.front());
  return documents;
}

void for_each_line(const CorpusInputs& inputs,
                   const std::function<bool(std::string_view, const CorpusPosition&)>& use) {
  std::vector<CorpusFile> files = corpus_files(inputs);
  for (const CorpusFile& file : files) {
    if (file.format == CorpusFormat::json_lines) continue;
    throw Error(ErrorKind::input, "this is not a file of JSON lines", file.path.string(),
                "give .jsonl files");
  }
  CorpusReader reader(std::move(files), {});
  for (CorpusChunk chunk; reader.next(chunk);) {
    const std::string_view text = chunk.text();
    int64_t number = chunk.first_line;
    for (size_t begin = 0; begin < text.size(); ++number) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = trimmed(text.substr(begin, end - begin));
      begin = end + 1;
      if (!line.empty() && !use(line, {&chunk.file->path, number, chunk.stored_bytes})) return;
    }
  }
}

}  // namespace evergreen
