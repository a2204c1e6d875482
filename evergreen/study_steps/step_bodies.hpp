// The body of each kind of step.
#pragma once

#include "evergreen/study/runner.hpp"

namespace evergreen::study {

StepOutcome do_step(const StepWork& work);

}  // namespace evergreen::study
