// Records that cannot be used: counted by kind, the first few of each kind remembered with file and line, and how many of
// them a run endures.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

enum class BadKind { not_utf8, not_json, no_text, text_type, nul_bytes, no_date, date_value };
inline constexpr size_t kBadKinds = 7;
const char* bad_kind_name(BadKind kind);                            // "not_utf8", as in reports
std::string bad_kind_text(BadKind kind, const std::string& field);  // a sentence

struct BadRecord {
  BadKind kind = BadKind::not_json;
  std::string file;
  int64_t line = 0;  // from 1; 0: the whole file
};

// "10": at most so many; "0.1%" or "0.001": at most such a share of the records.
class MaxBad {
 public:
  explicit MaxBad(const std::string& text = "0");  // Error{usage} for anything else
  bool is_exceeded(int64_t bad, int64_t records, bool at_end) const;
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  double count_ = 0, share_ = -1;
};

class BadRecords {
 public:
  static constexpr size_t kRemembered = 3;  // of each kind

  void add(BadRecord record);
  void add(const BadRecords& later);
  int64_t total() const;
  int64_t count(BadKind kind) const { return counts_[static_cast<size_t>(kind)]; }
  const std::vector<BadRecord>& first() const { return first_; }  // in order of the corpus
  void restore(const std::array<int64_t, kBadKinds>& counts, std::vector<BadRecord> first);
  void clear();

 private:
  std::array<int64_t, kBadKinds> counts_{};
  std::vector<BadRecord> first_;
};

// Error{input} for the first record that is too many: what it is, where, and how to endure it.
void require_bearable(const BadRecords& bad, int64_t records, const MaxBad& max_bad, bool at_end,
                      const std::string& text_field, const std::string& date_field);

std::string place_of(const BadRecord& record);  // "a.jsonl, line 7"

}  // namespace evergreen
