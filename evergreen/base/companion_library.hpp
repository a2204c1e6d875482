// Libraries of evergreen's own that are loaded when they are first needed, so that programs start without what they stand on.
//
// Where     lib/ beside the bin/ that the running program lies in: evergreen as built, installed or unpacked. For a program of
//           somebody else's, wherever the system's loader looks: its RPATH (find_package(evergreen) sets one), LD_LIBRARY_PATH.
// Errors    Error{io} for a library that is there and cannot be loaded, with the loader's own words.
#pragma once

#include <string>

#include "evergreen/base/file.hpp"

namespace evergreen {

// PREFIX, where the running program is PREFIX/bin/PROGRAM.
fs::path program_prefix();

// What dlopen gave, with all symbols bound; null where there is no such library. `next` is the error's advice.
void* open_companion_library(const std::string& file_name, const std::string& next);

}  // namespace evergreen
