// What `--scale auto` measures on, kept apart from what is reported.
//
// Prompts   tasks of their own. An item that is also among the reported tasks' is an error.
// Text      the held-out documents are divided: equal texts stay together, the distinct ones are dealt out by their hash, half to
//           the search and half to the report.
// Errors    Error{usage} for a search without tasks, tasks whose first metric is no share to be high, and a grid that is empty or
//           not finite; Error{input} for an item on both sides, and where there are fewer than two distinct held-out texts.
#pragma once

#include <string>
#include <vector>

#include "evergreen/eval/tasks.hpp"
#include "evergreen/pipeline/requirement.hpp"
#include "evergreen/pipeline/scale_choice.hpp"
#include "evergreen/pipeline/update_options.hpp"

namespace evergreen {

// Checked against the reported tasks; `identity` is a hash of all items.
struct SearchTasks {
  std::vector<ScoreName> scores;  // the first metric of each
  std::string identity;
};
SearchTasks check_scale_search(const ScaleSearch& search, const std::vector<std::string>& reported_tasks,
                               const TaskOptions& options = {.chat = true});

// Writes SEARCH and REPORT, both {"text": ...} lines, from the texts of `held_out`.
void divide_held_out(const fs::path& held_out, const fs::path& search, const fs::path& report);

// The measurement of one scale, from what evaluate_model() gave.
ScalePoint scale_point(double scale, const std::string& evaluation, const SearchTasks& tasks);

}  // namespace evergreen
