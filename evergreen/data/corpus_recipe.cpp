#include "evergreen/data/corpus_recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/data/bad_records.hpp"
#include "evergreen/data/date_range.hpp"

namespace evergreen {

void require_valid(const CorpusRecipe& recipe) {
  const CorpusOptions& corpus = recipe.corpus;
  const DateRange range(corpus.since, corpus.until);
  if (range.is_limited() && corpus.date_field.empty()) {
    throw Error(ErrorKind::usage, "--since and --until need the name of the field with the date", {},
                "give it as --date-field");
  }
  const MaxBad max_bad(corpus.max_bad);
  const Cleaner cleaner(recipe.cleaning);
  if (recipe.dedup.kind == DedupKind::near) require_valid(recipe.dedup.min_hash);
}

std::map<std::string, std::string> recipe_settings(const CorpusRecipe& recipe) {
  const CorpusOptions& c = recipe.corpus;
  const CleaningOptions& clean = recipe.cleaning;
  std::map<std::string, std::string> settings = {{"text-field", c.text_field},
                                                 {"date-field", c.date_field},
                                                 {"since", c.since},
                                                 {"until", c.until},
                                                 {"max-bad", c.max_bad},
                                                 {"clean", fmt::format("{}", fmt::join(clean.rules, ","))},
                                                 {"min-chars", fmt::to_string(clean.min_chars)},
                                                 {"max-chars", fmt::to_string(clean.max_chars)},
                                                 {"min-words", fmt::to_string(clean.min_words)},
                                                 {"max-words", fmt::to_string(clean.max_words)},
                                                 {"dedup", dedup_kind_name(recipe.dedup.kind)}};
  if (recipe.dedup.kind == DedupKind::near) {
    const MinHashOptions& m = recipe.dedup.min_hash;
    settings["dedup-ngram"] = fmt::to_string(m.ngram);
    settings["dedup-bands"] = fmt::to_string(m.bands);
    settings["dedup-rows"] = fmt::to_string(m.rows);
    settings["dedup-threshold"] = fmt::to_string(m.threshold);
  }
  settings["decontaminate"] = "none";
  if (const DecontaminationOptions& d = recipe.decontamination; !d.against.empty()) {
    settings["decontaminate"] = corpus_fingerprint(d.against);
    settings["decontaminate-ngram"] = fmt::to_string(d.ngram);
    settings["decontaminate-report-only"] = fmt::to_string(d.report_only);
  }
  return settings;
}

}  // namespace evergreen
