// How long documents are, in classes that double: 0-1, 2-3, 4-7, ...
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace evergreen {

class LengthHistogram {
 public:
  void add(int64_t length);
  void add(const LengthHistogram& other);
  int64_t count() const { return count_; }
  int64_t total() const { return total_; }
  int64_t longest() const { return longest_; }
  // Documents of [first(i), first(i + 1)).
  int64_t in_class(size_t i) const { return classes_[i]; }
  static int64_t first(size_t i) { return i == 0 ? 0 : int64_t{1} << i; }
  size_t classes() const;  // up to the last that holds something

 private:
  std::array<int64_t, 63> classes_{};
  int64_t count_ = 0, total_ = 0, longest_ = 0;
};

std::string histogram_table(const LengthHistogram& lengths, const std::string& unit);
std::string histogram_json(const LengthHistogram& lengths);

}  // namespace evergreen
