// Cutting a stream of text at the first of several stop strings, giving out as early as is safe.
//
// Text that may turn out to be the beginning of a stop string is held back until it is decided. What was
// given out, joined, is the text up to the earliest occurrence of a stop string that was complete when the
// stream stopped, or all of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

class StopStrings {
 public:
  explicit StopStrings(std::vector<std::string> stops);  // empty strings never stop

  std::string push(std::string_view piece);  // what may be given out now
  std::string finish();                      // what was held back, at the end of the stream
  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool stopped_ = false;
};

}  // namespace evergreen
