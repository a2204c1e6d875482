// settings.json of a run: what it was started with, so that a directory is never continued with something else.
#pragma once

#include <map>
#include <string>

#include "evergreen/base/file.hpp"

namespace evergreen {

struct TrainOptions;
struct TrainInputs;

using RunSettings = std::map<std::string, std::string>;  // what changes the result: name -> value

RunSettings run_settings(const TrainOptions& options, const TrainInputs& inputs);

// Writes DIRECTORY/settings.json, or compares with the one that is there: Error{input} naming the first
// setting that differs, with both values. "threads", "ranks" and "parallel" may differ: they change the last bits only.
void claim_run_directory(const fs::path& directory, const RunSettings& settings);

}  // namespace evergreen
