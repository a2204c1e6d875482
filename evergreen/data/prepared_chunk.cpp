#include "evergreen/data/prepared_chunk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {

void append_document_tokens(const PrepareOptions& options, const Tokenizer& tokenizer, std::string_view text,
                            std::vector<int32_t>& ids, std::vector<uint32_t>& out) {
  ids.clear();
  tokenizer.encode(text, {.add_special_tokens = false, .allow_special = false}, ids);
  const size_t begin = out.size();
  out.insert(out.end(), options.marks.before.begin(), options.marks.before.end());
  out.insert(out.end(), ids.begin(), ids.end());
  out.insert(out.end(), options.marks.after.begin(), options.marks.after.end());
  const auto greatest = std::max_element(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
  if (greatest == out.end() || static_cast<int64_t>(*greatest) < options.vocab_size) return;
  throw Error(
      ErrorKind::input,
      fmt::format("the tokenizer gives token {}, the model has {} rows", *greatest, options.vocab_size), {},
      "use the tokenizer of this model");
}

ChunkWorker::ChunkWorker(const PrepareInputs& inputs) : inputs_(inputs), sieve_(inputs.options->recipe) {}

Drop ChunkWorker::duplicate_drop(const PreparedChunk& chunk, uint64_t document) const {
  if (inputs_.duplicates == nullptr) return Drop::none;
  const uint64_t first = inputs_.duplicates->first_document.at(chunk.number);
  return inputs_.duplicates->drops.at(first + document);
}

bool ChunkWorker::is_contaminated(PreparedChunk& chunk, const SievedDocument& document) {
  if (inputs_.evaluation == nullptr) return false;
  inputs_.evaluation->find(document.text, matches_);
  if (matches_.empty()) return false;
  chunk.contaminated.push_back({document.record.line, matches_});
  return !inputs_.options->recipe.decontamination.report_only;
}

void ChunkWorker::prepare(PreparedChunk& chunk) {
  chunk.counts.clear();
  chunk.kept.clear();
  chunk.text_bytes.clear();
  chunk.lengths.clear();
  chunk.changed.clear();
  chunk.tokens.clear();
  chunk.contaminated.clear();
  uint64_t number = 0;  // among the documents that came through the sieve
  sieve_.for_each(chunk.raw, chunk.counts, [&](const SievedDocument& document) {
    Drop drop = duplicate_drop(chunk, number++);
    if (drop == Drop::none && is_contaminated(chunk, document)) drop = Drop::contaminated;
    if (drop != Drop::none) {
      ++chunk.counts.dropped[static_cast<size_t>(drop)];
      return true;
    }
    const size_t before = chunk.tokens.size();
    append_document_tokens(*inputs_.options, *inputs_.tokenizer, document.text, ids_, chunk.tokens);
    if (chunk.tokens.size() == before) {  // a text that a tokenizer makes nothing of
      ++chunk.counts.dropped[static_cast<size_t>(Drop::empty)];
      return true;
    }
    chunk.kept.push_back(document.record);
    chunk.text_bytes.push_back(static_cast<uint32_t>(document.text.size()));
    chunk.lengths.push_back(static_cast<uint32_t>(chunk.tokens.size() - before));
    chunk.changed.push_back(document.changed ? 1 : 0);
    return true;
  });
}

}  // namespace evergreen
