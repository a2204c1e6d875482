// A definition's records: the split that is scored, and the examples to draw from. For template_task.cpp.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/eval/definition.hpp"
#include "evergreen/eval/prompt_template.hpp"
#include "evergreen/eval/records.hpp"

namespace evergreen {

class RecordSource {
 public:
  RecordSource(const TaskDefinition& definition, fs::path folder, fs::path scored_file);

  // Of the subtask (empty: of all), with the definition's fields added and those left out that `where` leaves out.
  std::vector<Record> scored(const std::string& subtask);
  std::vector<Record> examples(const std::string& subtask);
  // Whether an item that is scored may be among its examples.
  bool examples_hold_items() const;

 private:
  std::vector<Record> split(const std::string& name, const std::string& subtask);
  // The file of a split, or the parts of it.
  std::vector<fs::path> files_of(const std::string& split, const std::string& subtask) const;
  const std::vector<Record>& records_of(const std::vector<fs::path>& files);
  Record prepared(const Record& record, const std::string& subtask) const;

  const TaskDefinition& definition_;
  fs::path folder_, scored_file_;
  std::string scored_split_;
  std::vector<std::pair<std::string, PromptTemplate>> fields_;
  std::vector<PromptTemplate> where_;                           // one or none
  std::vector<std::pair<fs::path, std::vector<Record>>> read_;  // by first file: each once
};

}  // namespace evergreen
