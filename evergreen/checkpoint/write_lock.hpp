// Who may write OUT.partial: one process alone, or several that each do a part of it. The lock ends with the process.
#pragma once

#include "evergreen/base/file.hpp"

namespace evergreen {

class WriteLock {
 public:
  enum class Mode { alone, shared };

  WriteLock() = default;
  // Makes `path` if it is missing. Held by others, in a way that excludes this one, it is asked for again for `patience_seconds`.
  // Errors    Error{input} "another process is writing this output".
  WriteLock(const fs::path& path, Mode mode, double patience_seconds = 0);
  ~WriteLock();
  WriteLock(WriteLock&& other) noexcept;
  WriteLock& operator=(WriteLock&& other) noexcept;

  // False, and then nothing is held any more, if others exclude it. Not atomic: look again at what the lock guards.
  bool change(Mode mode);
  // Whether the file locked is still the one at its path: not where another process published or removed it meanwhile.
  bool is_current() const;

 private:
  fs::path path_;
  int descriptor_ = -1;
};

}  // namespace evergreen
