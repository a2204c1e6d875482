#include "evergreen/study_steps/step_bodies.hpp"

#include "evergreen/study/light_bodies.hpp"
#include "evergreen/study_steps/evaluate_step.hpp"
#include "evergreen/study_steps/prepare_step.hpp"
#include "evergreen/study_steps/train_step.hpp"

namespace evergreen::study {

StepOutcome do_step(const StepWork& work) {
  switch (work.step.kind) {
    case StepKind::prepare:
      return prepare_step(work);
    case StepKind::train:
      return train_step(work);
    case StepKind::graft:
      return graft_step(work);
    case StepKind::inspect:
      return inspect_step(work);
    case StepKind::evaluate:
      return evaluate_step(work);
  }
  return {};
}

}  // namespace evergreen::study
