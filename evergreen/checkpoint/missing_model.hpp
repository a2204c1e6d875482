// The error for a model that is not where it was said to be.
#pragma once

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"

namespace evergreen {

// Error{input}. A path such as `meta-llama/Llama-3.2-1B` is taken for a name of the Hugging Face hub: nothing is downloaded, and the
// error says so; of a path whose `.work` or `.partial` is there, that it is unfinished.
Error missing_model(const fs::path& path);

}  // namespace evergreen
