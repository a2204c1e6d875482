#include "evergreen/generate/windows.hpp"

#include <algorithm>
#include <cassert>

namespace evergreen {

std::vector<RollingWindow> rolling_windows(int64_t document_tokens, int64_t max_length) {
  assert(document_tokens >= 0 && max_length >= 1);
  std::vector<RollingWindow> windows;
  for (int64_t done = 0; done < document_tokens;) {
    const int64_t end = std::min(done + max_length, document_tokens);
    windows.push_back({.context_first = std::max<int64_t>(0, end - max_length),
                       .predict_first = done,
                       .predict_last = end});
    done = end;
  }
  return windows;
}

}  // namespace evergreen
