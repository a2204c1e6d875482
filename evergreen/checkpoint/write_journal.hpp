// Which ranges of a checkpoint under way have reached the disk: a text file, appended by any process.
//
// Ranges of one tensor that touch are joined, in memory and in the file, so both stay small. A line is
// appended only after its data was written and (unless `sync` is off) has reached the disk; half a line, left
// by a kill, counts for nothing. A note is a line of the writer's user, who keeps with it what was found out on the way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

// Ranges of whole numbers [first, last) that do not touch each other.
class RangeSet {
 public:
  void add(uint64_t first, uint64_t last);
  bool contains(uint64_t first, uint64_t last) const;
  uint64_t first_missing(uint64_t total) const;  // `total`: nothing is missing
  const std::map<uint64_t, uint64_t>& ranges() const { return ranges_; }

 private:
  std::map<uint64_t, uint64_t> ranges_;  // first -> last
};

using WrittenRanges = std::vector<RangeSet>;  // a set of elements for each tensor of the plan

struct JournalRecords {
  WrittenRanges written;
  std::vector<std::string> notes;  // each without a line break
};

// Of all files of `directory` whose name begins with `prefix`; empty where there is none.
JournalRecords read_journals(const fs::path& directory, const std::string& prefix, size_t tensors);
void append_journal(File& journal, const JournalRecords& records);

}  // namespace evergreen
