#include "evergreen/eval/fewshot.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/python_random.hpp"

namespace evergreen {
namespace {

using Same = std::function<bool(size_t, size_t)>;

[[noreturn]] void too_few(int64_t shots, size_t pool) {
  throw Error(ErrorKind::usage,
              fmt::format("{} examples are asked for, there are {} to draw from", shots, pool), {},
              "fewer shots, or a larger split to draw from");
}

std::vector<size_t> all_but(size_t item, size_t pool, const Same& same) {
  std::vector<size_t> left;
  for (size_t i = 0; i < pool; ++i) {
    if (!same(item, i)) left.push_back(i);
  }
  return left;
}

std::vector<size_t> draw_one(const FewshotDraw& draw, ifeval::PythonRandom& random, size_t item, size_t pool,
                             const Same& same) {
  const auto shots = static_cast<size_t>(draw.shots);
  const size_t wanted = shots + (draw.leave_item_out ? 1 : 0);
  if (wanted > pool) too_few(draw.shots, pool);
  std::vector<size_t> drawn = random.sample(pool, wanted);
  if (!draw.leave_item_out) return drawn;
  std::erase_if(drawn, [&](size_t i) { return same(item, i); });
  if (drawn.size() < shots) {  // the pool holds the item more than once: from the rest, anew
    const std::vector<size_t> left = all_but(item, pool, same);
    if (left.size() < shots) too_few(draw.shots, left.size());
    drawn = random.sample(left.size(), shots);
    for (size_t& i : drawn) i = left[i];
  }
  drawn.resize(shots);
  return drawn;
}

}  // namespace

std::vector<std::vector<size_t>> draw_examples(const FewshotDraw& draw, size_t items, size_t pool,
                                               const Same& same) {
  std::vector<std::vector<size_t>> draws(items);
  if (draw.shots <= 0) return draws;
  ifeval::PythonRandom random(draw.seed);
  for (size_t item = 0; item < items; ++item) {
    if (draw.sampler == Sampler::random) {
      draws[item] = draw_one(draw, random, item, pool, same);
      continue;
    }
    if (draw.leave_item_out) {
      draws[item] = all_but(item, pool, same);
    } else {
      draws[item].resize(pool);
      std::iota(draws[item].begin(), draws[item].end(), size_t{0});
    }
    if (draws[item].size() < static_cast<size_t>(draw.shots)) too_few(draw.shots, draws[item].size());
    draws[item].resize(static_cast<size_t>(draw.shots));
  }
  return draws;
}

}  // namespace evergreen
