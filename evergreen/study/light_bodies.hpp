// The bodies of the steps that need no LibTorch: graft and inspect.
#pragma once

#include "evergreen/study/runner.hpp"

namespace evergreen::study {

StepOutcome graft_step(const StepWork& work);
StepOutcome inspect_step(const StepWork& work);

}  // namespace evergreen::study
