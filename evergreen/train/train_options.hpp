// How a run trains: plain values, free of LibTorch, so that the command line can declare them.
#pragma once

#include <cstdint>
#include <string>

#include "evergreen/data/packing.hpp"
#include "evergreen/model/recompute_level.hpp"
#include "evergreen/train/parallel_mode.hpp"
#include "evergreen/train/precision.hpp"
#include "evergreen/train/schedule.hpp"
#include "evergreen/train/step_guard.hpp"

namespace evergreen {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.95, eps = 1e-8;
  double weight_decay =
      0.0;  // CPT and the residual: decay would pull the base away from where R was measured
};

// LoRA in place of training all weights (low_rank_training.hpp).
struct LowRankOptions {
  int64_t rank = 0;  // 0: all weights are trained
  double alpha = 32;
};

// The run ends when the loss on one validation set has risen by so much: text of the old kind, to see forgetting as it happens.
struct EarlyStopOptions {
  std::string set;  // name of a validation set; empty: never
  double rise = 0;  // nats above its loss before the first step
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
  int64_t save_every = 0;        // steps; 0: only at the end and when stopped
  int keep_states = 2;           // the newest; the one of lowest validation loss is kept beside them
  bool background_saves = true;  // write states while training goes on: takes their size in memory meanwhile
  double z_loss = 0;             // LossOptions::z_loss
  double ema_decay = 0;  // 0: the last weights are the result; else their moving average (moving_average.hpp)
  RecomputeLevel recompute = RecomputeLevel::none;  // changes no result: a run may go on with another
  LowRankOptions low_rank;
  GuardOptions guard;
  EarlyStopOptions early_stop;
  ParallelOptions parallel;  // with several processes
  Precision precision = Precision::float32;
  bool offload_optimizer = false;  // AdamWPlacement::offload
  double peak_flops = 0;  // FLOP/s of a process's device that utilisation is a share of; 0: none is told
};

}  // namespace evergreen
