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
  const char* filter;
  bool percent;
};
const std::vector<DemoColumn>& demo_columns();

// The finding: (base + CPT) + R follows more formats than instruct + CPT and knows more new facts; the 95 % intervals of the
// paired differences, over all futures together, lie above 0, by the strict reading of answers and by the lenient one.
struct Finding {
  PairedDifference formats, formats_lenient, new_facts, new_facts_lenient;
  bool shown() const;
};
Finding find_difference(const std::vector<FutureResult>& futures);

std::string demo_text(const std::vector<FutureResult>& futures);
std::string demo_json(const std::vector<FutureResult>& futures);

}  // namespace evergreen
