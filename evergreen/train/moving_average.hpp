// The exponential moving average of the weights over steps: average += (1 - decay) * (weight - average), from the first weights on.
//
// Source    Polyak and Juditsky, SIAM J. Control Optim. 30(4), 1992; over the last part of training it stands in for a decay of
//           the learning rate (Hägele et al., arXiv 2405.18392, section 4).
// Numbers   float32, whatever the weights are: bfloat16 would lose a step's share.
// Memory    4 bytes a parameter.
#pragma once

#include "evergreen/train/trained_tensors.hpp"

namespace evergreen {

class MovingAverage {
 public:
  MovingAverage(const TrainedTensors& tensors, double decay);  // 0 < decay < 1
  void add();                                                  // after each step
  void copy_to_weights() const;                                // at the end of a run, rounded to nearest
  const TrainedTensors& averages() const { return averages_; }

 private:
  TrainedTensors tensors_, averages_;
  double decay_;
};

}  // namespace evergreen
