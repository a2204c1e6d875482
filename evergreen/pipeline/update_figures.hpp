// All that an update tells, measured: for report.json, the terminal and the page.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/pipeline/scale_choice.hpp"
#include "evergreen/pipeline/update_inputs.hpp"
#include "evergreen/pipeline/update_verdict.hpp"
#include "evergreen/report/heat_map.hpp"
#include "evergreen/train/metrics.hpp"

namespace evergreen {

// What the stages left: their JSON (empty where one has not run), the time they took, and the run's metrics.
struct UpdateResults {
  std::string pair, tokens, train, scale, graft, layers;
  std::array<std::string, kUpdateArms.size()> evaluations;
  std::map<std::string, double> seconds;  // by stage
  std::vector<StepMetrics> steps;
  std::vector<ValidationMetrics> validation;
};

// FLOPs by evergreen/checkpoint/model_size.hpp; seconds of the call that finished the stage, of training of all its steps.
struct StageCost {
  std::string stage;
  double tokens = 0, flops = 0, seconds = 0;
};

struct LayerFigures {
  double relative_residual = 0, relative_shift = 0, cosine = 0;
  std::vector<HeatMap> maps;
};

struct ScaleFigures {
  std::vector<ScalePoint> points;
  ScaleChoice choice;
  std::string measured_on;  // the tasks
};

struct AnswerPair {
  std::string question, wanted, instruct, updated;
};

struct UpdateFigures {
  std::string name;  // of the updated model
  double scale = 1, relative_residual = 0;
  int64_t trained_tokens = 0, training_steps = 0;
  ScoreRows rows;
  std::vector<RequirementOutcome> requirements;
  Verdict verdict;
  std::optional<LayerFigures> layers;
  std::optional<ScaleFigures> search;
  std::vector<AnswerPair> answers;
  std::vector<StageCost> costs;
  std::vector<StepMetrics> steps;
  std::vector<ValidationMetrics> validation;
  Provenance provenance;
};
UpdateFigures update_figures(const UpdateOptions& options, const UpdateInputs& inputs,
                             const UpdateResults& results, const Provenance& provenance);

}  // namespace evergreen
