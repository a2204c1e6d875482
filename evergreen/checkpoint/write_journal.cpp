#include "evergreen/checkpoint/write_journal.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace evergreen {

void RangeSet::add(uint64_t first, uint64_t last) {
  if (first == last) return;
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin() && std::prev(next)->second >= first) {
    --next;
    first = next->first;
  }
  while (next != ranges_.end() && next->first <= last) {
    last = std::max(last, next->second);
    next = ranges_.erase(next);
  }
  ranges_[first] = last;
}

bool RangeSet::contains(uint64_t first, uint64_t last) const {
  if (first == last) return true;
  const auto next = ranges_.upper_bound(first);
  return next != ranges_.begin() && std::prev(next)->second >= last;
}

uint64_t RangeSet::first_missing(uint64_t total) const {
  if (ranges_.empty() || ranges_.begin()->first != 0) return 0;
  return std::min(total, ranges_.begin()->second);
}

namespace {

constexpr std::string_view kNote = "note ", kEnd = " end";

void read_line(const std::string& line, JournalRecords& records) {
  if (!line.ends_with(kEnd)) return;
  if (line.starts_with(kNote)) {
    records.notes.push_back(line.substr(kNote.size(), line.size() - kNote.size() - kEnd.size()));
    return;
  }
  std::istringstream words(line);
  size_t tensor = 0;
  uint64_t first = 0, last = 0;
  if (words >> tensor >> first >> last && tensor < records.written.size() && first < last) {
    records.written[tensor].add(first, last);
  }
}

}  // namespace

JournalRecords read_journals(const fs::path& directory, const std::string& prefix, size_t tensors) {
  JournalRecords records{WrittenRanges(tensors), {}};
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::istringstream lines(read_text(file));
    for (std::string line; std::getline(lines, line);) read_line(line, records);
  }
  return records;
}

void append_journal(File& journal, const JournalRecords& records) {
  std::string text = "\n";  // after a line that a kill cut in half
  for (size_t tensor = 0; tensor < records.written.size(); ++tensor) {
    for (const auto& [first, last] : records.written[tensor].ranges())
      text += fmt::format("{} {} {}{}\n", tensor, first, last, kEnd);
  }
  for (const std::string& note : records.notes) text += fmt::format("{}{}{}\n", kNote, note, kEnd);
  if (text.size() > 1) journal.write(text);
}

}  // namespace evergreen
