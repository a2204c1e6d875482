#include "evergreen/residual/part_record.hpp"

#include <cstdlib>
#include <sstream>

#include <fmt/format.h>

namespace evergreen {
namespace {

constexpr const char* kWord = "part";

// Hexadecimal digits of a double are exact; streams cannot read them, strtod can.
bool read_double(std::istringstream& words, double& value) {
  std::string word;
  if (!(words >> word)) return false;
  char* end = nullptr;
  value = std::strtod(word.c_str(), &end);
  return end == word.c_str() + word.size();
}

}  // namespace

std::string to_note(size_t part, const PartRecord& record) {
  const KernelSums& s = record.sums;
  std::string note = fmt::format("{} {} {:a} {:a} {:a} {:a} {}", kWord, part, s.added_squares, s.base_squares,
                                 s.loss_squares, s.loss_max, s.changed);
  note += fmt::format(" {}", record.blocks.size());
  for (const std::vector<Hash128>& blocks : record.blocks) {
    note += fmt::format(" {}", blocks.size());
    for (const Hash128& hash : blocks) note += fmt::format(" {:x} {:x}", hash.high, hash.low);
  }
  return note;
}

std::optional<NotedPart> from_note(std::string_view note) {
  std::istringstream words{std::string(note)};
  std::string word;
  NotedPart noted;
  KernelSums& s = noted.record.sums;
  size_t streams = 0, blocks = 0;
  if (!(words >> word >> noted.part) || word != kWord) return std::nullopt;
  if (!read_double(words, s.added_squares) || !read_double(words, s.base_squares) ||
      !read_double(words, s.loss_squares) || !read_double(words, s.loss_max) ||
      !(words >> s.changed >> streams)) {
    return std::nullopt;
  }
  for (size_t i = 0; i < streams; ++i) {
    if (!(words >> std::dec >> blocks)) return std::nullopt;
    std::vector<Hash128>& hashes = noted.record.blocks.emplace_back();
    for (size_t k = 0; k < blocks; ++k) {
      Hash128 hash;
      if (!(words >> std::hex >> hash.high >> hash.low)) return std::nullopt;
      hashes.push_back(hash);
    }
  }
  return noted;
}

}  // namespace evergreen
