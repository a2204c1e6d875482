// Base, instruct model and new base of one architecture, with random weights.
#pragma once

#include "tests/support/pico_checkpoint.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {

struct Trio {
  // `other` is the new base, of the family and tying of `options`.
  explicit Trio(PicoOptions options = {}, PicoOptions other = {}) {
    constexpr double kSpread = 0.02;
    options.spread = kSpread;
    other.spread = kSpread;
    base = pico_checkpoint(dir, "base", options);
    options.seed = 2;
    options.chat = true;
    instruct = pico_checkpoint(dir, "instruct", options);
    other.seed = 3;
    other.family = options.family;
    other.tied = options.tied;
    new_base = pico_checkpoint(dir, "new_base", other);
  }
  TempDir dir;
  fs::path base, instruct, new_base;
};

}  // namespace evergreen::test
