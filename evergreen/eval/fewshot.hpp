// Which examples stand before each item, drawn as lm-evaluation-harness draws them.
//
//   default   random.Random(seed).sample(pool, shots), one generator for the whole task: the draw of an item depends on
//             those before it. Where the pool is the split that is scored (or may be), one more is drawn and the item itself left out
//   first_n   the first of the pool
// Source    lm-evaluation-harness 0.4.13, lm_eval/api/samplers.py.
// Errors    Error{usage} where the pool is too small.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace evergreen {

enum class Sampler { random, first_n };

struct FewshotDraw {
  Sampler sampler = Sampler::random;
  int64_t shots = 0;
  uint32_t seed = 1234;
  bool leave_item_out = false;
};

// For each of `items` items the indices into a pool of `pool` examples. `same(item, example)`: whether they are equal.
std::vector<std::vector<size_t>> draw_examples(const FewshotDraw& draw, size_t items, size_t pool,
                                               const std::function<bool(size_t, size_t)>& same);

}  // namespace evergreen
