#include "evergreen/data/length_histogram.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen {

void LengthHistogram::add(int64_t length) {
  ++classes_[std::max<size_t>(1, std::bit_width(static_cast<uint64_t>(length))) - 1];
  ++count_;
  total_ += length;
  longest_ = std::max(longest_, length);
}

void LengthHistogram::add(const LengthHistogram& other) {
  for (size_t i = 0; i < classes_.size(); ++i) classes_[i] += other.classes_[i];
  count_ += other.count_;
  total_ += other.total_;
  longest_ = std::max(longest_, other.longest_);
}

size_t LengthHistogram::classes() const {
  size_t used = classes_.size();
  while (used > 0 && classes_[used - 1] == 0) --used;
  return used;
}

std::string histogram_table(const LengthHistogram& lengths, const std::string& unit) {
  constexpr int64_t kBar = 40;
  int64_t most = 1;
  for (size_t i = 0; i < lengths.classes(); ++i) most = std::max(most, lengths.in_class(i));
  std::string text;
  bool any = false;
  for (size_t i = 0; i < lengths.classes(); ++i) {
    any = any || lengths.in_class(i) > 0;
    if (!any) continue;
    const std::string range =
        fmt::format("{}-{}", LengthHistogram::first(i), LengthHistogram::first(i + 1) - 1);
    const std::string bar(static_cast<size_t>((lengths.in_class(i) * kBar + most - 1) / most), '#');
    text += fmt::format("  {:>24} {:<8}{:>12}  {}\n", range, unit, lengths.in_class(i), bar);
  }
  return text;
}

std::string histogram_json(const LengthHistogram& lengths) {
  OrderedJson classes = OrderedJson::array();
  for (size_t i = 0; i < lengths.classes(); ++i) {
    if (lengths.in_class(i) > 0)
      classes.push_back({{"from", LengthHistogram::first(i)},
                         {"to", LengthHistogram::first(i + 1) - 1},
                         {"documents", lengths.in_class(i)}});
  }
  return to_text({{"longest", lengths.longest()}, {"classes", classes}});
}

}  // namespace evergreen
