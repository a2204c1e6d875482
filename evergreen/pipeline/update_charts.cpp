#include "evergreen/pipeline/update_charts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"

namespace evergreen {
namespace {

constexpr size_t kTaskCharts = 6, kStretches = 24;

BarChart score_chart(const ScoreRow& row) {
  const std::string metric = row.name.metric.substr(0, row.name.metric.find(','));
  BarChart chart{row.name.task,
                 fmt::format("{}; {} is better", metric, row.higher_is_better ? "higher" : "lower"),
                 row.share ? "%" : "",
                 {"score"},
                 {},
                 false};
  double least = INFINITY, most = 0;
  for (size_t arm = 0; arm < kUpdateArms.size(); ++arm) {
    if (!row.arms[arm] || !std::isfinite(row.arms[arm]->value)) continue;
    const double value = (row.share ? 100 : 1) * row.arms[arm]->value;
    chart.bars.push_back({kUpdateArms[arm], {value}, score_text(row, *row.arms[arm])});
    if (value > 0) least = std::min(least, value), most = std::max(most, value);
  }
  chart.logarithmic = most > 100 * least && !row.share;
  return chart;
}

}  // namespace

std::vector<BarChart> score_charts(const ScoreRows& rows) {
  std::vector<BarChart> charts;
  for (const ScoreRow& row : rows) {
    if (!row.first || row.member || charts.size() == kTaskCharts) continue;
    BarChart chart = score_chart(row);
    const bool any = std::any_of(chart.bars.begin(), chart.bars.end(),
                                 [](const ChartBar& bar) { return bar.parts.front() > 0; });
    if (any) charts.push_back(std::move(chart));  // bars of no length would be a picture of nothing
  }
  return charts;
}

XyChart loss_chart(const std::vector<StepMetrics>& steps) {
  XyChart chart{.title = "Training loss",
                .meaning = "",
                .x_title = "step",
                .y_title = "nats a token",
                .series = {{"training", {}, true}}};
  std::vector<const StepMetrics*> used;
  for (const StepMetrics& step : steps) {
    if (step.left_out.empty()) used.push_back(&step);
  }
  const size_t stretches = std::min(kStretches, used.size());
  for (size_t i = 0; i < stretches; ++i) {
    const size_t first = i * used.size() / stretches, last = (i + 1) * used.size() / stretches;
    double loss = 0;
    for (size_t s = first; s < last; ++s) loss += used[s]->loss / static_cast<double>(last - first);
    chart.series[0].points.push_back({static_cast<double>(used[last - 1]->step), loss});
  }
  chart.meaning = used.size() > stretches
                      ? fmt::format("of {} steps, means over {} stretches", used.size(), stretches)
                      : fmt::format("of each of {} steps", used.size());
  return chart;
}

XyChart validation_chart(const std::vector<ValidationMetrics>& validation) {
  XyChart chart{.title = "Loss on held-out text",
                .meaning = "of each source, as training went on; never trained on",
                .x_title = "step",
                .y_title = "nats a token",
                .series = {}};
  for (const ValidationMetrics& v : validation) {
    for (const auto& [source, loss] : v.loss) {
      auto found = std::find_if(chart.series.begin(), chart.series.end(),
                                [&, name = source](const ChartSeries& s) { return s.label == name; });
      if (found == chart.series.end()) found = chart.series.insert(found, ChartSeries{source, {}, true});
      found->points.push_back({static_cast<double>(v.step), loss});
    }
  }
  return chart;
}

std::vector<XyChart> scale_charts(const ScaleFigures& search) {
  XyChart score{.title = "Instruction score by scale",
                .meaning = "band: one standard error; of prompts that no other figure here uses",
                .x_title = "scale of R",
                .y_title = "per cent",
                .series = {{search.measured_on, {}, true}}};
  XyChart text{.title = "Perplexity of new text by scale",
               .meaning = "held-out documents that no other figure here uses; lower is better",
               .x_title = "scale of R",
               .y_title = "perplexity",
               .series = {{"new text", {}, true}}};
  for (const ScalePoint& p : search.points) {
    score.series[0].points.push_back(
        {p.scale, 100 * p.score, 100 * (p.score - p.score_error), 100 * (p.score + p.score_error)});
    text.series[0].points.push_back({p.scale, p.perplexity});
  }
  const ScalePoint& chosen = search.points.at(search.choice.chosen);
  score.series.push_back(
      {"chosen", {{chosen.scale, 100 * chosen.score, {}, {}, human_number(chosen.scale)}}, false});
  text.series.push_back(
      {"chosen", {{chosen.scale, chosen.perplexity, {}, {}, human_number(chosen.scale)}}, false});
  return {score, text};
}

BarChart time_chart(const std::vector<StageCost>& costs) {
  BarChart chart{"Time", "by stage, wall clock", "s", {"seconds"}, {}, false};
  for (const StageCost& cost : costs)
    chart.bars.push_back({cost.stage, {cost.seconds}, human_seconds(cost.seconds)});
  return chart;
}

}  // namespace evergreen
