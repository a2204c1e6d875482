#include "evergreen/study/light_bodies.hpp"

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/report/heat_map_json.hpp"
#include "evergreen/residual/inspect.hpp"
#include "evergreen/residual/inspect_tables.hpp"
#include "evergreen/residual/residual.hpp"
#include "evergreen/study/cost.hpp"

namespace evergreen::study {

StepOutcome graft_step(const StepWork& work) {
  const fs::path out = work.out / "model";
  const fs::path base = work.model("base");
  const ModelSize size = model_size(read_model_config(base));
  if (fs::exists(out)) fs::remove_all(out);  // whole, but its report was not written any more
  ResidualOptions options;
  options.scale = work.number("scale");
  options.dtype = read_model_config(base).dtype;
  options.command = "evergreen study run";
  options.threads = work.threads;
  options.stop = work.stop;
  options.progress = work.progress;
  const ResidualReport report = graft(CheckpointReader(work.model("new-base")), CheckpointReader(base),
                                      CheckpointReader(work.model("instruct")), out, options);
  StepOutcome outcome;
  outcome.json = to_text({{"relative_residual", report.total.relative()}, {"scale", options.scale}});
  outcome.flops = graft_flops(size);
  return outcome;
}

StepOutcome inspect_step(const StepWork& work) {
  InspectOptions options;
  options.sample.rows = 0;
  options.threads = work.threads;
  options.stop = work.stop;
  options.progress = work.progress;
  const CheckpointReader new_base(work.model("new-base"));
  const InspectReport report = inspect_residual(CheckpointReader(work.model("base")),
                                                CheckpointReader(work.model("instruct")), &new_base, options);
  OrderedJson json;
  json["relative_residual"] = report.total.relative.value_or(0);
  json["relative_shift"] = report.total.shift_relative.value_or(0);
  json["cosine"] = report.total.cosine.value_or(0);
  json["maps"] = OrderedJson::parse(to_json_text(inspect_maps(report)));
  StepOutcome outcome;
  outcome.json = to_text(json);
  return outcome;
}

}  // namespace evergreen::study
