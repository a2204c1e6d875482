// Drawing from lists with a random stream.
#pragma once

#include <cassert>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/random.hpp"

namespace evergreen::world {

template <class List>
const auto& pick(const List& list, RandomStream& stream) {
  assert(std::size(list) > 0);
  return list[stream.below(std::size(list))];
}

// In random order; consumes as many numbers as the list is long.
template <class T>
void shuffle(std::vector<T>& list, RandomStream& stream) {
  for (size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[stream.below(i)]);
}

// `count` values, each value of `pool` equally often (differing by one at most), in random order.
std::vector<std::string> balanced_draw(std::span<const std::string_view> pool, int count,
                                       RandomStream& stream);

// True with the given probability.
inline bool chance(double probability, RandomStream& stream) { return stream.uniform() < probability; }

}  // namespace evergreen::world
