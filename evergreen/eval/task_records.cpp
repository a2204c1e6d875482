#include "evergreen/eval/task_records.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

using jinja::Value;

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string with_subtask(std::string name, const std::string& subtask) {
  constexpr std::string_view kMark = "{{subtask}}";
  for (size_t at = name.find(kMark); at != name.npos; at = name.find(kMark, at))
    name.replace(at, kMark.size(), subtask);
  return name;
}

}  // namespace

RecordSource::RecordSource(const TaskDefinition& definition, fs::path folder, fs::path scored_file)
    : definition_(definition),
      folder_(std::move(folder)),
      scored_file_(std::move(scored_file)),
      scored_split_(definition.test_split ? *definition.test_split : *definition.validation_split) {
  for (const auto& [name, source] : definition.fields)
    fields_.emplace_back(name, PromptTemplate(source, fmt::format("{}, fields.{}", definition.where, name)));
  if (!definition.where_template.empty())
    where_.emplace_back(definition.where_template, definition.where + ", where");
}

bool RecordSource::examples_hold_items() const { return definition_.fewshot_split == definition_.test_split; }

std::vector<Record> RecordSource::scored(const std::string& subtask) { return split(scored_split_, subtask); }

std::vector<Record> RecordSource::examples(const std::string& subtask) {
  if (definition_.fewshot_split) return split(*definition_.fewshot_split, subtask);
  if (!definition_.fewshot_samples.empty()) {
    std::vector<Record> records;
    for (const jinja::Dict& fields : definition_.fewshot_samples)
      records.push_back({fields, fmt::format("{}, sample {}", definition_.where, records.size() + 1)});
    return records;
  }
  return split(definition_.training_split     ? *definition_.training_split
               : definition_.validation_split ? *definition_.validation_split
                                              : *definition_.test_split,
               subtask);
}

std::vector<Record> RecordSource::split(const std::string& name, const std::string& subtask) {
  std::vector<Record> records;
  for (const Record& record : records_of(files_of(name, subtask))) {
    Record made = prepared(record, subtask);
    if (where_.empty() || jinja::is_true(where_.front().value(made.fields)))
      records.push_back(std::move(made));
  }
  return records;
}

std::vector<fs::path> RecordSource::files_of(const std::string& split, const std::string& subtask) const {
  if (split == scored_split_ && !scored_file_.empty()) return {scored_file_};
  const auto found = definition_.files.find(split);
  if (found == definition_.files.end() || found->second.empty()) {
    throw Error(ErrorKind::input, fmt::format("no file is named for the split '{}'", split),
                definition_.where, fmt::format("[files] with {} = \"NAME.jsonl\"", split));
  }
  std::vector<std::string> names;
  for (const std::string& name : found->second) names.push_back(with_subtask(name, subtask));
  if (definition_.built_in)
    names.push_back(split + ".jsonl");  // a folder of this data set alone, as the hub has it
  std::vector<fs::path> files = find_record_files(folder_, names);
  if (files.empty()) {
    throw Error(ErrorKind::input,
                fmt::format("there is no file of the split '{}' of the task '{}'", split,
                            definition_.group.empty() ? definition_.task : definition_.group),
                folder_.string(),
                "looked for " + joined(names) + ", each also with .zst or .gz, or as .parquet");
  }
  return files;
}

const std::vector<Record>& RecordSource::records_of(const std::vector<fs::path>& files) {
  for (const auto& [path, records] : read_) {
    if (path == files.front()) return records;
  }
  std::vector<Record> all;
  for (const fs::path& file : files) {
    std::vector<Record> records = read_records(file);
    std::move(records.begin(), records.end(), std::back_inserter(all));
  }
  return read_.emplace_back(files.front(), std::move(all)).second;
}

Record RecordSource::prepared(const Record& record, const std::string& subtask) const {
  Record made = record;
  if (!subtask.empty()) made.fields.set("subtask", Value::text(subtask));
  Record seen = made;
  if (!made.fields.find_name("doc")) seen.fields.set("doc", Value::dict(record.fields));
  try {
    for (const auto& [name, field] : fields_) {
      // A field that templates of the same name would find unread must not find itself.
      made.fields.set(name, field.value(seen.fields));
    }
  } catch (const Error& error) {
    throw Error(error.kind(), error.problem(), record.where + " (" + error.where() + ")", error.next());
  }
  return made;
}

}  // namespace evergreen
