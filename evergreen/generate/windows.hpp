// A document cut into windows for its rolling log-likelihood: every token is predicted once, with as much context as fits.
//
// Source    lm-evaluation-harness 0.4.13, utils.py, get_rolling_token_windows with context_len 1 and
//           make_disjoint_window: the first window starts from the prefix token, the last one reaches back
//           into the one before to be full.
// Shapes    the sequence is [prefix, document...], so document token i is sequence token i + 1. A window
//           feeds sequence tokens [context_first, predict_last) and predicts document tokens [predict_first, predict_last).
#pragma once

#include <cstdint>
#include <vector>

namespace evergreen {

struct RollingWindow {
  int64_t context_first = 0;
  int64_t predict_first = 0, predict_last = 0;
  friend bool operator==(const RollingWindow&, const RollingWindow&) = default;
};

// `max_length`: tokens that may be fed at once, at least 1. An empty document has no window.
std::vector<RollingWindow> rolling_windows(int64_t document_tokens, int64_t max_length);

}  // namespace evergreen
