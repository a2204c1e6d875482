// Where the model of eval, generate and chat is computed, and in what.
#pragma once

#include "cli/engine/model_args.hpp"
#include "evergreen/generate/text_model.hpp"
#include "evergreen/parallel/process_groups.hpp"

namespace evergreen::cli {

// --device and --dtype of this process; of several processes on a machine each takes its own GPU. Error{usage} for devices that are not
// there, and for int8 weights with anything but float32 on a CPU.
ModelPlace place_of(const ModelArgs& args, const ProcessGroups* groups);

}  // namespace evergreen::cli
