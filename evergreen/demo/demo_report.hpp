// What the demo prints: the table of arms, the two differences it is about, and chats side by side.
#pragma once

#include <string>
#include <vector>

#include "evergreen/demo/futures.hpp"

namespace evergreen {

// Columns of the table, fixed before any seed was drawn.
struct DemoColumn {
  const char* title;
  const char* task;
  const char* metric;
  bool percent;
};
const std::vector<DemoColumn>& demo_columns();

// The finding: (base + CPT) + R follows more formats than instruct + CPT and knows more new facts; both 95 % intervals of the
// paired differences, over all futures together, lie above 0.
struct Finding {
  PairedDifference formats, new_facts;
  bool shown() const { return formats.interval.low > 0 && new_facts.interval.low > 0; }
};
Finding find_difference(const std::vector<FutureResult>& futures);

std::string demo_text(const std::vector<FutureResult>& futures);
std::string demo_json(const std::vector<FutureResult>& futures);

}  // namespace evergreen
