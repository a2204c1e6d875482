// Where unfinished work stood when its output last reached the disk: the last whole line of a file. A line that a kill cut off
// counts for nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evergreen/base/file.hpp"

namespace evergreen {

class CommitLog {
 public:
  explicit CommitLog(const fs::path& path);

  std::optional<std::string> last() const { return last_; }  // what was committed last
  void commit(std::string_view state);                       // one line; synced

 private:
  File file_;
  std::optional<std::string> last_;
};

}  // namespace evergreen
