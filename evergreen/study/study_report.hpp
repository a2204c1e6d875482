// A study's report: one self-contained page, the same as Markdown, and CSV of everything.
//
//   index.html     findings, tables by family and version, charts, samples side by side; needs no network and no script
//   report.md      findings and tables
//   scores.csv     every score of every arm and seed       costs.csv   every account       findings.csv   every comparison
//
// Made from what is finished: a study that still runs has a report as well, which says how far it is.
#pragma once

#include <string>

#include "evergreen/study/study_tables.hpp"

namespace evergreen::study {

struct StudyReport {
  std::string html, markdown, scores_csv, costs_csv, findings_csv;
  std::string summary;  // findings for the terminal
  std::string json;     // findings, totals
};

// Reads the finished steps of `directory`.
StudyReport make_report(const Study& study, const fs::path& directory);
void write_report(const StudyReport& report, const fs::path& out);

}  // namespace evergreen::study
