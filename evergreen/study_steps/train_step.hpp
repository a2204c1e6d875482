// One training of a study: CPT or SFT of a model on prepared text.
//
//   out/model/   the trained model, in float32 (settings: dtype), with the files of the directory `files`
//   out/run/     state and metrics; a run of the same settings with more steps goes on from there
//
// Step input `continues`: a shorter run of the same settings. Its last state is taken over, so that this run does only the steps that
// are left; that gives the bits of a run that never stopped, as with a constant learning rate no step knows how many will follow.
#pragma once

#include "evergreen/study/runner.hpp"

namespace evergreen::study {

StepOutcome train_step(const StepWork& work);

}  // namespace evergreen::study
