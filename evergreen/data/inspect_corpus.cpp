#include "evergreen/data/inspect_corpus.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/data/ordered_pipeline.hpp"
#include "evergreen/data/text_units.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr size_t kSampleBytes = 400;

struct InspectedChunk {
  CorpusChunk raw;
  CorpusInspection found;
};

void inspect_chunk(InspectedChunk& chunk, DocumentSieve& sieve, int64_t samples) {
  CorpusInspection& found = chunk.found;
  found = {};
  std::vector<std::string_view> words;
  sieve.for_each(chunk.raw, found.counts, [&](const SievedDocument& document) {
    split_words(document.text, words);
    found.words += static_cast<int64_t>(words.size());
    found.lengths.add(static_cast<int64_t>(document.text.size()));
    if (static_cast<int64_t>(found.samples.size()) < samples) {
      const std::string_view part = document.text.substr(0, kSampleBytes);
      found.samples.emplace_back(part.substr(0, valid_utf8_prefix(part)));
    }
    if (const std::optional<DateSpan>& date = document.record.date) {
      found.earliest = std::min(found.earliest.value_or(date->begin), date->begin);
      found.latest = std::max(found.latest.value_or(date->begin), date->begin);
    }
    return true;
  });
}

void add(CorpusInspection& all, const CorpusInspection& part, int64_t samples) {
  all.counts.add(part.counts);
  all.words += part.words;
  all.lengths.add(part.lengths);
  for (const std::string& sample : part.samples) {
    if (static_cast<int64_t>(all.samples.size()) < samples) all.samples.push_back(sample);
  }
  if (!part.earliest) return;
  all.earliest = std::min(all.earliest.value_or(*part.earliest), *part.earliest);
  all.latest = std::max(all.latest.value_or(*part.latest), *part.latest);
}

}  // namespace

CorpusInspection inspect_corpus(const CorpusRecipe& recipe, int64_t samples, int threads,
                                const StopFlag* stop, const ProgressFn& progress) {
  require_valid(recipe);
  CorpusReader reader(corpus_files(recipe.inputs), field_names(recipe));
  const int workers = thread_count(threads);
  std::vector<DocumentSieve> sieves;
  for (int i = 0; i < workers; ++i) sieves.emplace_back(recipe);
  CorpusInspection all;
  OrderedStages<InspectedChunk> stages;
  stages.read = [&](InspectedChunk& chunk) { return reader.next(chunk.raw); };
  stages.work = [&](InspectedChunk& chunk, int worker) {
    inspect_chunk(chunk, sieves[static_cast<size_t>(worker)], samples);
  };
  stages.write = [&](InspectedChunk& chunk) {
    throw_if_stopped(stop, "reading the corpus");
    add(all, chunk.found, samples);
    if (progress)
      progress({"inspect", static_cast<double>(chunk.raw.stored_bytes),
                static_cast<double>(reader.total_bytes()), "bytes", ""});
    return true;
  };
  run_ordered(stages, workers);
  all.files = static_cast<int64_t>(reader.files().size());
  all.bytes = static_cast<int64_t>(reader.total_bytes());
  return all;
}

std::string inspection_text(const CorpusInspection& c) {
  std::string text =
      fmt::format("{} files, {} as stored\n{} records, {} documents, {} of text, {} words\n", c.files,
                  human_bytes(static_cast<double>(c.bytes)), c.counts.records, c.lengths.count(),
                  human_bytes(static_cast<double>(c.lengths.total())), c.words);
  if (c.earliest) text += fmt::format("dates from {} to {}\n", day_text(*c.earliest), day_text(*c.latest));
  for (size_t i = 1; i < kDropReasons; ++i) {
    if (c.counts.dropped[i] > 0)
      text += fmt::format("dropped: {} {}\n", drop_name(static_cast<Drop>(i)), c.counts.dropped[i]);
  }
  for (size_t i = 0; i < kBadKinds; ++i) {
    const auto kind = static_cast<BadKind>(i);
    if (c.counts.bad.count(kind) > 0)
      text += fmt::format("bad: {} {}\n", bad_kind_name(kind), c.counts.bad.count(kind));
  }
  for (const BadRecord& record : c.counts.bad.first())
    text += fmt::format("  {} ({})\n", place_of(record), bad_kind_name(record.kind));
  text += histogram_table(c.lengths, "bytes");
  for (const std::string& sample : c.samples) text += "\n---\n" + sample + "\n";
  return text;
}

std::string inspection_json(const CorpusInspection& c) {
  OrderedJson dropped = OrderedJson::object(), bad = OrderedJson::object(), first = OrderedJson::array();
  for (size_t i = 1; i < kDropReasons; ++i) {
    if (c.counts.dropped[i] > 0) dropped[drop_name(static_cast<Drop>(i))] = c.counts.dropped[i];
  }
  for (size_t i = 0; i < kBadKinds; ++i) {
    const auto kind = static_cast<BadKind>(i);
    if (c.counts.bad.count(kind) > 0) bad[bad_kind_name(kind)] = c.counts.bad.count(kind);
  }
  for (const BadRecord& r : c.counts.bad.first())
    first.push_back({{"kind", bad_kind_name(r.kind)}, {"file", r.file}, {"line", r.line}});
  OrderedJson json = {{"files", c.files},
                      {"bytes", c.bytes},
                      {"records", c.counts.records},
                      {"documents", c.lengths.count()},
                      {"text_bytes", c.lengths.total()},
                      {"words", c.words},
                      {"dropped", dropped},
                      {"bad", bad},
                      {"first_bad", first},
                      {"lengths", OrderedJson::parse(histogram_json(c.lengths))},
                      {"samples", c.samples}};
  if (c.earliest) json["dates"] = {day_text(*c.earliest), day_text(*c.latest)};
  return to_text(json);
}

}  // namespace evergreen
