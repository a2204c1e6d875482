// How a run trains: plain values, free of LibTorch, so that the command line can declare them.
#pragma once

#include <cstdint>

#include "evergreen/data/packing.hpp"
#include "evergreen/train/schedule.hpp"

namespace evergreen {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay =
      0.0;  // CPT and the residual: decay would pull the base away from where R was measured
};

struct TrainOptions {
  PackingOptions packing;
  int64_t micro_rows = 0;  // rows in one forward pass; 0: all of a step
  int64_t steps = 0;       // 0: `epochs` over the store
  double epochs = 1;
  Schedule schedule;  // total_steps is filled in
  AdamWOptions optimizer;
  double clip_norm = 1.0;        // 0: no clipping
  int64_t validate_every = 100;  // steps; 0: only at the end
  int64_t validation_tokens = 100'000;
  int64_t save_every = 0;  // steps; 0: only at the end and when stopped
  int keep_states = 2;
};

}  // namespace evergreen
