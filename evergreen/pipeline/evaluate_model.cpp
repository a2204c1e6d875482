#include "evergreen/pipeline/evaluate_model.hpp"

#include "evergreen/base/json.hpp"
#include "evergreen/eval/engine_model.hpp"
#include "evergreen/eval/run.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {

std::string evaluate_model(const fs::path& directory, const std::string& name, const EvaluateRequest& request,
                           const StopFlag* stop, const ProgressFn& progress) {
  TextModel model = load_text_model(directory);
  model.name = name;
  Tasks tasks = make_tasks(request.tasks, {.chat = request.chat && model.chat_template.has_value()});
  if (fs::exists(request.held_out) && fs::file_size(request.held_out) > 0) {
    tasks.push_back(perplexity_task("perplexity:new", request.held_out, {}));
  }
  if (request.old_text)
    tasks.push_back(
        perplexity_task("perplexity:old", *request.old_text, {.text_field = request.old_text_field}));
  if (tasks.empty()) return to_text({{"model", name}, {"results", OrderedJson::object()}});
  EngineModel language_model(std::move(model));
  Evaluation evaluation = evaluate(language_model, tasks, {}, {progress, stop});
  evaluation.model = name;
  OrderedJson scores = {{"model", name}};
  scores.update(OrderedJson::parse(results_json(evaluation)));
  return to_text(scores);
}

}  // namespace evergreen
