// What became of a corpus: the summary of a run, as a table and as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/data/bad_records.hpp"
#include "evergreen/data/drop_reason.hpp"

namespace evergreen {

struct EvaluationReport {
  std::string file;
  int64_t items = 0;
  int64_t too_short = 0;  // items of too few words to be looked for
  int64_t touched = 0;    // items that some document shares text with
  int64_t documents = 0;  // documents that share text with some item
};

struct PrepareReport {
  std::string plan;  // hash of all that the result depends on
  int64_t files = 0;
  int64_t records = 0;                                // of the corpus, bad ones included
  int64_t documents = 0, tokens = 0, text_bytes = 0;  // training part
  int64_t held_out_documents = 0, held_out_tokens = 0, held_out_text_bytes = 0;
  int64_t cleaned = 0;       // documents whose text was changed and that are kept
  int64_t contaminated = 0;  // documents that share text with an evaluation set
  DropCounts dropped{};
  BadRecords bad;
  std::vector<EvaluationReport> evaluation;
};

std::string report_json(const PrepareReport& report);
PrepareReport read_report(const fs::path& file);  // Error{input} if it is none
std::string report_table(const PrepareReport& report);

}  // namespace evergreen
