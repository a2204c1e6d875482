#include "evergreen/pipeline/scale_choice.hpp"

#include <cmath>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

size_t nearest_to_one(const std::vector<ScalePoint>& points) {
  size_t nearest = 0;
  for (size_t i = 1; i < points.size(); ++i) {
    if (std::fabs(points[i].scale - 1) < std::fabs(points[nearest].scale - 1)) nearest = i;
  }
  return nearest;
}

bool is_preferred(const ScalePoint& a, const ScalePoint& b) {
  return a.perplexity != b.perplexity ? a.perplexity < b.perplexity : a.scale < b.scale;
}

}  // namespace

ScaleChoice choose_scale(const std::vector<ScalePoint>& points) {
  if (points.empty()) throw Error(ErrorKind::internal, "no scale was measured");
  ScaleChoice choice;
  for (size_t i = 1; i < points.size(); ++i) {
    if (points[i].score > points[choice.best].score) choice.best = i;
  }
  const ScalePoint& best = points[choice.best];
  const double least = best.score - (std::isfinite(best.score_error) ? best.score_error : 0);
  for (const ScalePoint& point : points) choice.as_good.push_back(point.score >= least);
  choice.undecided = best.score <= 0;
  if (choice.undecided) {
    choice.chosen = nearest_to_one(points);
    return choice;
  }
  choice.chosen = choice.best;
  for (size_t i = 0; i < points.size(); ++i) {
    if (choice.as_good[i] && is_preferred(points[i], points[choice.chosen])) choice.chosen = i;
  }
  return choice;
}

std::string scale_rule_text() {
  return "Of the scales whose instruction score is within one standard error of the best (Breiman et al. "
         "1984), the one of the lowest perplexity of held-out new text; of equals the smallest.";
}

}  // namespace evergreen
