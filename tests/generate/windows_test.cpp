#include "evergreen/generate/windows.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace evergreen {

TEST(Windows, EveryTokenIsPredictedOnceAndNoWindowIsTooLong) {
  for (int64_t tokens = 0; tokens <= 40; ++tokens) {
    for (int64_t length = 1; length <= 12; ++length) {
      int64_t next = 0;
      for (const RollingWindow& w : rolling_windows(tokens, length)) {
        EXPECT_EQ(w.predict_first, next);
        EXPECT_GT(w.predict_last, w.predict_first);
        EXPECT_LE(w.context_first, w.predict_first);
        EXPECT_LE(w.predict_last - w.context_first, length);
        next = w.predict_last;
      }
      EXPECT_EQ(next, tokens) << tokens << " tokens in windows of " << length;
    }
  }
}

// get_rolling_token_windows(range(10), prefix -100, max_seq_len 4, context_len 1) of lm-evaluation-harness gives the inputs
// [-100 0 1 2] [3 4 5 6] [5 6 7 8] and the targets [0 1 2 3] [4 5 6 7] [8 9] after make_disjoint_window.
TEST(Windows, AreThoseOfLmEvaluationHarness) {
  const std::vector<RollingWindow> expected = {{0, 0, 4}, {4, 4, 8}, {6, 8, 10}};
  EXPECT_EQ(rolling_windows(10, 4), expected);
}

TEST(Windows, AShortDocumentIsOneWindowFromThePrefix) {
  EXPECT_EQ(rolling_windows(3, 100), (std::vector<RollingWindow>{{0, 0, 3}}));
}

}  // namespace evergreen
