// A map from code points to short sequences of them, over rows of (code point, count, that many code points).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evergreen {

class CodeMap {
 public:
  // The rows must be in order of code points and outlive the map.
  explicit CodeMap(std::span<const uint32_t> rows);
  std::span<const uint32_t> find(char32_t code) const {  // empty: not in the map
    const size_t page = code >> kPageBits;
    if (page >= pages_.size() || pages_[page] < 0) return {};
    const uint32_t at = starts_[(static_cast<size_t>(pages_[page]) << kPageBits) + (code & (kPageSize - 1))];
    return at == 0 ? std::span<const uint32_t>() : rows_.subspan(at, rows_[at - 1]);
  }

 private:
  static constexpr int kPageBits = 7;
  static constexpr size_t kPageSize = size_t{1} << kPageBits;
  std::span<const uint32_t> rows_;
  std::vector<int32_t> pages_;    // -1: nothing on this page
  std::vector<uint32_t> starts_;  // where in rows_ the sequence begins; 0: none
};

}  // namespace evergreen
