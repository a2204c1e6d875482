#include "evergreen/base/stop.hpp"

#include <string>

#include "evergreen/base/error.hpp"

namespace evergreen {

void throw_if_stopped(const StopFlag* stop, const char* work) {
  if (stop != nullptr && stop->requested()) {
    throw Error(ErrorKind::interrupted, std::string(work) + " was interrupted", {},
                "run the same command again");
  }
}

}  // namespace evergreen
