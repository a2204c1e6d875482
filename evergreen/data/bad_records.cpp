#include "evergreen/data/bad_records.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr const char* kNames[kBadKinds] = {"not_utf8",  "not_json", "no_text",   "text_type",
                                           "nul_bytes", "no_date",  "date_value"};
// A share is looked at when so many records are known, so that one bad line at the start does not end a run.
constexpr int64_t kShareNeedsRecords = 10'000;

const char* advice(BadKind kind) {
  switch (kind) {
    case BadKind::not_utf8:
    case BadKind::nul_bytes:
      return "is this a text file? convert it to UTF-8, or endure some such records with --max-bad";
    case BadKind::no_text:
    case BadKind::text_type:
      return "name the field with --text-field, or endure some such records with --max-bad";
    case BadKind::no_date:
    case BadKind::date_value:
      return "name the field with --date-field, or endure some such records with --max-bad";
    case BadKind::not_json:
      break;
  }
  return "a corpus has one object a line, as {\"text\": \"...\"}; some other lines are endured with "
         "--max-bad";
}

}  // namespace

const char* bad_kind_name(BadKind kind) { return kNames[static_cast<size_t>(kind)]; }

std::string bad_kind_text(BadKind kind, const std::string& field) {
  switch (kind) {
    case BadKind::not_utf8:
      return "the text is not UTF-8, or holds NUL bytes";
    case BadKind::not_json:
      return "the line is not a JSON object";
    case BadKind::no_text:
      return fmt::format("the record has no string '{}'", field);
    case BadKind::text_type:
      return fmt::format("the record has no string '{}': it is of another type", field);
    case BadKind::nul_bytes:
      return "the text holds NUL bytes: is it binary?";
    case BadKind::no_date:
      return fmt::format("the record has no date '{}'", field);
    case BadKind::date_value:
      return fmt::format("the record's '{}' is not a date", field);
  }
  return {};
}

MaxBad::MaxBad(const std::string& text) : text_(text) {
  std::string_view number = text;
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  const bool ok = !number.empty() && error == std::errc() && end == number.data() + number.size() &&
                  std::isfinite(value) && value >= 0;
  const bool share = percent || (ok && value != std::floor(value));
  if (percent) value /= 100;
  if (!ok || (share && value > 1)) {
    throw Error(ErrorKind::usage, fmt::format("'{}' is neither a count nor a share", text), "--max-bad",
                "write 10, or 0.1%");
  }
  (share ? share_ : count_) = value;
}

bool MaxBad::is_exceeded(int64_t bad, int64_t records, bool at_end) const {
  if (share_ < 0) return static_cast<double>(bad) > count_;
  const int64_t of = at_end ? records : std::max(records, kShareNeedsRecords);
  return static_cast<double>(bad) > share_ * static_cast<double>(of);
}

void BadRecords::add(BadRecord record) {
  if (counts_[static_cast<size_t>(record.kind)]++ < static_cast<int64_t>(kRemembered))
    first_.push_back(std::move(record));
}

void BadRecords::add(const BadRecords& later) {
  for (const BadRecord& record : later.first_) {
    const int64_t known = std::count_if(first_.begin(), first_.end(),
                                        [&](const BadRecord& r) { return r.kind == record.kind; });
    if (known < static_cast<int64_t>(kRemembered)) first_.push_back(record);
  }
  for (size_t i = 0; i < kBadKinds; ++i) counts_[i] += later.counts_[i];
}

int64_t BadRecords::total() const { return std::accumulate(counts_.begin(), counts_.end(), int64_t{0}); }

void BadRecords::restore(const std::array<int64_t, kBadKinds>& counts, std::vector<BadRecord> first) {
  counts_ = counts;
  first_ = std::move(first);
}

void BadRecords::clear() { restore({}, {}); }

std::string place_of(const BadRecord& record) {
  return record.line > 0 ? fmt::format("{}, line {}", record.file, record.line) : record.file;
}

void require_bearable(const BadRecords& bad, int64_t records, const MaxBad& max_bad, bool at_end,
                      const std::string& text_field, const std::string& date_field) {
  if (!max_bad.is_exceeded(bad.total(), records, at_end)) return;
  const BadRecord& first = bad.first().front();
  const bool date = first.kind == BadKind::no_date || first.kind == BadKind::date_value;
  const std::string what = bad_kind_text(first.kind, date ? date_field : text_field);
  if (bad.total() == 1) throw Error(ErrorKind::input, what, place_of(first), advice(first.kind));
  std::string where;
  for (const BadRecord& record : bad.first())
    where +=
        fmt::format("{}{} ({})", where.empty() ? "" : "; ", place_of(record), bad_kind_name(record.kind));
  throw Error(ErrorKind::input,
              fmt::format("{} of {} records are bad, more than --max-bad {}; the first: {}", bad.total(),
                          records, max_bad.text(), what),
              where, advice(first.kind));
}

}  // namespace evergreen
