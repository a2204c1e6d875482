// Python's random.Random for a whole-number seed: the Mersenne Twister MT19937 and the draws that langdetect and
// lm-evaluation-harness make of it.
//
// Source    Matsumoto and Nishimura (1998), ACM TOMACS 8, 3-30 (std::mt19937 is that generator), and its init_by_array;
//           CPython 3.11: Modules/_randommodule.c, Lib/random.py (random, gauss, choice, sample).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace evergreen::ifeval {

class PythonRandom {
 public:
  explicit PythonRandom(uint32_t seed);

  double uniform();           // random(): [0, 1) in steps of 2^-53
  double gauss();             // gauss(0, 1)
  size_t index(size_t size);  // the index that choice() takes; 0 < size < 2^32
  // The indices that sample(population of that size, count) takes, in its order; count <= size.
  std::vector<size_t> sample(size_t size, size_t count);

 private:
  std::mt19937 engine_;
  std::optional<double> next_gauss_;
};

}  // namespace evergreen::ifeval
