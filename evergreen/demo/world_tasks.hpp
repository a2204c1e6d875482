// The built-in world's items as evaluation tasks, one for each kind of item.
#pragma once

#include <vector>

#include "evergreen/eval/run.hpp"
#include "evergreen/world/items.hpp"

namespace evergreen {

// Items in which the form counts (format_fact and word_request) together make the task "format_followed"; the other kinds
// are tasks under their own name, scored by the right answer; "new_fact_choice" by log-likelihood. Chat items have two metrics:
//   acc,strict   the whole answer is right, and it ends by itself
//   acc,lenient  the same without the full stop that ends a reply on the world's forum pages, and however the answer ended:
//                so a model is not marked down for an ending alone
Tasks world_tasks(const std::vector<world::Item>& items);

inline constexpr const char* kFormatFollowed = "format_followed";
inline constexpr const char* kStrict = "strict";
inline constexpr const char* kLenient = "lenient";

}  // namespace evergreen
