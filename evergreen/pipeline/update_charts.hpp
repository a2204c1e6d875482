// The charts of an update's page.
#pragma once

#include <vector>

#include "evergreen/pipeline/update_figures.hpp"
#include "evergreen/report/chart.hpp"

namespace evergreen {

std::vector<BarChart> score_charts(const ScoreRows& rows);  // the main score of each task, at most six tasks
XyChart loss_chart(const std::vector<StepMetrics>& steps);  // means over stretches of the run
XyChart validation_chart(const std::vector<ValidationMetrics>& validation);
std::vector<XyChart> scale_charts(const ScaleFigures& search);  // score, and perplexity
BarChart time_chart(const std::vector<StageCost>& costs);

}  // namespace evergreen
