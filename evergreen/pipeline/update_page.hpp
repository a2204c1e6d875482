// An update's report as one self-contained page (evergreen/report): verdict, scores before and after, the search for the scale, losses,
// where R and the shift of CPT lie, answers side by side, costs, provenance.
#pragma once

#include <string>

#include "evergreen/pipeline/update_figures.hpp"
#include "evergreen/report/html.hpp"

namespace evergreen {

std::string update_page(const UpdateFigures& figures);

// A row for each score, a column for each model, with standard errors and the paired difference updated - instruct.
Table score_table(const ScoreRows& rows, bool members);

}  // namespace evergreen
