#include "evergreen/data/commit_log.hpp"

#include "evergreen/base/hash.hpp"

namespace evergreen {
namespace {

std::string line_of(std::string_view state) {
  return to_string(hash_text(state)) + " " + std::string(state) + "\n";
}

}  // namespace

CommitLog::CommitLog(const fs::path& path) {
  const std::string text = fs::exists(path) ? read_text(path) : std::string();
  uint64_t good = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    if (end == std::string::npos) break;
    const size_t space = text.find(' ', begin);
    if (space >= end) break;
    const std::string state = text.substr(space + 1, end - space - 1);
    if (line_of(state) != text.substr(begin, end + 1 - begin)) break;
    last_ = state;
    begin = end + 1;
    good = begin;
  }
  file_ = File(path, File::Mode::append);
  if (good < text.size()) file_.resize(good);
}

void CommitLog::commit(std::string_view state) {
  file_.write(line_of(state));
  file_.sync();
  last_ = state;
}

}  // namespace evergreen
