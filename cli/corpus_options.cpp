#include "cli/corpus_options.hpp"

#include "cli/validators.hpp"

namespace evergreen::cli {
namespace {

constexpr const char* kGroup = "Corpus";

}  // namespace

void add_reading_options(CLI::App& command, CorpusRecipe& recipe) {
  CorpusOptions& o = recipe.corpus;
  const auto add = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->group(kGroup);
  };
  add("--text-field", o.text_field, "field or column that holds the text; dots lead into objects: meta.body");
  add("--date-field", o.date_field, "field that holds a date (ISO, year, year-month or unix seconds)");
  add("--since", o.since, "only documents from this date on: 2024, 2024-05, 2024-05-17 ...");
  add("--until", o.until, "only documents up to this date, with all of it");
  add("--max-bad", o.max_bad, "bad records to endure (invalid UTF-8, no JSON, no text): 10, or 0.1%");
}

void add_cleaning_options(CLI::App& command, CorpusRecipe& recipe) {
  const auto add = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->group(kGroup);
  };
  CleaningOptions& c = recipe.cleaning;
  add("--clean", c.rules, "unicode, mojibake, gopher-quality, gopher-repetition, gopher, c4, web")
      ->delimiter(',');
  add("--min-chars", c.min_chars, "shorter documents are left out")->check(not_negative());
  add("--max-chars", c.max_chars, "longer ones are; 0: no limit")->check(not_negative());
  add("--min-words", c.min_words, "likewise, in words")->check(not_negative());
  add("--max-words", c.max_words, "likewise; 0: no limit")->check(not_negative());
  DedupOptions& d = recipe.dedup;
  command
      .add_option_function<std::string>(
          "--dedup", [&d](const std::string& name) { d.kind = dedup_kind_from_name(name); },
          "remove duplicates: none, exact, or near (MinHash)")
      ->default_str(dedup_kind_name(d.kind))
      ->group(kGroup);
  add("--dedup-ngram", d.min_hash.ngram, "words of a shingle")->check(between(1, 100));
  add("--dedup-bands", d.min_hash.bands, "bands of a signature")->check(between(1, 4096));
  add("--dedup-rows", d.min_hash.rows, "places of a band")->check(between(1, 4096));
  add("--dedup-threshold", d.min_hash.threshold, "estimated Jaccard similarity of duplicates")
      ->check(between(0.0, 1.0));
  DecontaminationOptions& e = recipe.decontamination;
  add("--decontaminate", e.against,
      "evaluation sets (.jsonl, .txt, directory, glob): documents that share text go")
      ->delimiter(',');
  add("--decontaminate-ngram", e.ngram, "words of a run that must not be shared")->check(between(8, 100));
  command
      .add_flag("--decontaminate-report-only", e.report_only, "count and list such documents, but keep them")
      ->group(kGroup);
}

}  // namespace evergreen::cli
