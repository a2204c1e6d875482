// Lines of a corpus: whatever they hold, they are parsed, cleaned by every rule, signed and looked up, or told as bad; what comes
// out is well-formed text, and the same when it is parsed again. Dates and bounds of bad records likewise.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "evergreen/base/error.hpp"
#include "evergreen/data/document_sieve.hpp"
#include "evergreen/data/duplicates.hpp"
#include "evergreen/text/utf8.hpp"

namespace {

using namespace evergreen;

void require(bool holds) {
  if (!holds) std::abort();
}

CorpusRecipe recipe_of(std::vector<std::string> rules, const std::string& date_field) {
  CorpusRecipe recipe;
  recipe.corpus.text_field = "meta.text";
  recipe.corpus.date_field = date_field;
  recipe.cleaning.rules = std::move(rules);
  if (!date_field.empty()) recipe.corpus.since = "2000";
  return recipe;
}

// One set of each thread's tools; they keep their buffers from input to input, as in a run.
struct Tools {
  DocumentSieve plain{recipe_of({}, "date")},
      unicode{recipe_of({"unicode", "mojibake", "gopher-repetition"}, "")}, web{recipe_of({"web", "c4"}, "")};
  DuplicateKeyMaker keys{DedupOptions{.kind = DedupKind::near}};
};

Tools& tools() {
  static Tools all;
  return all;
}

CorpusChunk chunk_of(const CorpusFile& file, const std::string& text) {
  CorpusChunk chunk;
  chunk.file = &file;
  chunk.first_line = file.format == CorpusFormat::text ? 0 : 1;
  chunk.bytes = text + std::string(kChunkPadding, '\0');
  chunk.size = text.size();
  return chunk;
}

void check_document(const SievedDocument& document) {
  const std::string text(document.text);
  require(!text.empty() && valid_utf8_prefix(text) == text.size());
  DuplicateKeys made;
  tools().keys.append(text, made);
  require(made.exact.size() == 1 && made.bands.size() == 14 && made.signatures.size() == 112);
}

void check_lines(DocumentSieve& sieve, const CorpusFile& file, const std::string& text) {
  const CorpusChunk chunk = chunk_of(file, text);
  SieveCounts counts;
  std::vector<std::pair<CorpusRecord, std::string>> kept;
  sieve.for_each(chunk, counts, [&](const SievedDocument& document) {
    check_document(document);
    kept.emplace_back(document.record, document.text);
    return true;
  });
  int64_t dropped = 0;
  for (const int64_t count : counts.dropped) dropped += count;
  require(counts.records == counts.bad.total() + dropped + static_cast<int64_t>(kept.size()));
  for (const auto& [record, wanted] : kept) require(sieve.text_again(chunk, record) == wanted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static const CorpusFile lines{"fuzz.jsonl", CorpusFormat::json_lines, Compression::none, 0};
  static const CorpusFile whole{"fuzz.txt", CorpusFormat::text, Compression::none, 0};
  for (DocumentSieve* sieve : {&tools().plain, &tools().unicode, &tools().web})
    check_lines(*sieve, lines, text);
  check_lines(tools().unicode, whole, text);
  if (const auto date = parse_date(text)) require(date->begin < date->end);
  try {
    const MaxBad max_bad(text);
    require(!max_bad.is_exceeded(0, 1, true));
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::usage);
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {
      "{\"meta\":{\"text\":\"one two three\\nfour \\u00e9 five\"},\"date\":\"2024-05-17T12:30:00+02:00\"}\n"
      "{\"meta.text\":\"dotted\",\"date\":1715949005}\r\n\n{\"meta\":{\"text\":7},\"date\":2024}\n",
      "{\"date\":\"2024-05\",\"meta\":{\"x\":[1,2,{\"y\":null}],\"text\":\"The line ends here. And it is the "
      "end! Is it so? "
      "Yes, it is so.\\nThis is the second line of the text, and it is long.[12]\\nThis site uses cookies to "
      "serve you.\"}}",
      "{\"meta\":{\"text\":\"it\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2s cafe\xCC\x81 "
      "\xE6\x9D\xB1\xE4\xBA\xAC\xE3\x81\xAF\xE6\x99\xB4\xE3\x82\x8C \xE2\x80\x8B"
      "\\u0000\\ud83d\\ude00\"},\"date\":\"19991231\"}",
      "2024-02-29 12:30:05.25Z",
      "0.1%",
      nullptr};
  return seeds;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"{\"meta\":{\"text\":\"",
                                      "\"}}\n",
                                      "\"date\":",
                                      "\\u0000",
                                      "\\ud800",
                                      "\\udc00\\ud83d",
                                      "\xEF\xBB\xBF",
                                      "\xC3\xA2\xE2\x82\xAC",
                                      "\xCC\x81\xCC\x81\xCC\x81",
                                      "\r\n",
                                      "\n\n",
                                      "lorem ipsum",
                                      "\xF4\x8F\xBF\xBF",
                                      "\xED\xA0\x80",
                                      "1e999",
                                      "99999999999999999999",
                                      "[[[[",
                                      "the of and with",
                                      "...",
                                      "\xE2\x80\xA6",
                                      "\xE2\x80\xA2 ",
                                      nullptr};
  return words;
}
