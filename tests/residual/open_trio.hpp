// Three unrelated checkpoints, open: what inspect looks at.
#pragma once

#include "evergreen/checkpoint/reader.hpp"
#include "tests/support/trio.hpp"

namespace evergreen::test {

struct OpenTrio {
  Trio files;
  const TempDir& dir = files.dir;
  CheckpointReader base{files.base}, instruct{files.instruct}, next{files.new_base};
};

}  // namespace evergreen::test
