#include "evergreen/text/code_map.hpp"

#include "evergreen/text/unicode.hpp"
#include "evergreen/text/unicode_tables.hpp"

namespace evergreen {

CodeMap::CodeMap(std::span<const uint32_t> rows) : rows_(rows) {
  for (size_t at = 0; at < rows.size(); at += 2 + rows[at + 1]) {
    const size_t page = rows[at] >> kPageBits;
    if (pages_.size() <= page) pages_.resize(page + 1, -1);
    if (pages_[page] < 0) {
      pages_[page] = static_cast<int32_t>(starts_.size() >> kPageBits);
      starts_.resize(starts_.size() + kPageSize);
    }
    starts_[(static_cast<size_t>(pages_[page]) << kPageBits) + (rows[at] & (kPageSize - 1))] =
        static_cast<uint32_t>(at + 2);
  }
}

std::span<const uint32_t> lower_case(char32_t code) {
  static const CodeMap map(unicode::kLowercase);
  return map.find(code);
}

}  // namespace evergreen
