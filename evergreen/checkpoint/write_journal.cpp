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

WrittenRanges read_journal(const fs::path& path, size_t tensors) {
  WrittenRanges written(tensors);
  if (!fs::exists(path)) return written;
  std::istringstream lines(read_text(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    size_t tensor = 0;
    uint64_t first = 0, last = 0;
    std::string end;
    if (words >> tensor >> first >> last >> end && end == "end" && tensor < tensors && first < last) {
      written[tensor].add(first, last);
    }
  }
  return written;
}

void append_journal(File& journal, const WrittenRanges& ranges) {
  std::string text = "\n";  // after a line that a kill cut in half
  for (size_t tensor = 0; tensor < ranges.size(); ++tensor) {
    for (const auto& [first, last] : ranges[tensor].ranges())
      text += fmt::format("{} {} {} end\n", tensor, first, last);
  }
  if (text.size() > 1) journal.write(text);
}

}  // namespace evergreen
