#include "evergreen/ifeval/python_random.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

namespace evergreen::ifeval {
namespace {

constexpr size_t kWords = 624;

// std::mt19937 takes its 624 words from a seed sequence as they are.
struct InitByArray {
  using result_type = uint32_t;
  std::array<uint32_t, kWords> state{};

  explicit InitByArray(uint32_t key) {
    state[0] = 19650218U;
    for (uint32_t i = 1; i < kWords; ++i) state[i] = 1812433253U * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
    size_t at = 1;
    const auto step = [&] {
      if (++at < kWords) return;
      state[0] = state[kWords - 1];
      at = 1;
    };
    const auto mixed = [&](uint32_t factor) {
      return state[at] ^ ((state[at - 1] ^ (state[at - 1] >> 30)) * factor);
    };
    for (size_t i = 0; i < kWords; ++i, step()) state[at] = mixed(1664525U) + key;
    for (size_t i = 0; i + 1 < kWords; ++i, step())
      state[at] = mixed(1566083941U) - static_cast<uint32_t>(at);
    state[0] = 0x80000000U;
  }
  template <class Iterator>
  void generate(Iterator begin, Iterator end) {
    for (size_t i = 0; begin != end; ++begin, ++i) *begin = state[i % kWords];
  }
};

std::mt19937 seeded(uint32_t seed) {
  InitByArray words(seed);
  return std::mt19937(words);
}

}  // namespace

PythonRandom::PythonRandom(uint32_t seed) : engine_(seeded(seed)) {}

double PythonRandom::uniform() {
  const uint32_t high = static_cast<uint32_t>(engine_()) >> 5;
  const uint32_t low = static_cast<uint32_t>(engine_()) >> 6;
  return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}

double PythonRandom::gauss() {
  if (next_gauss_) {
    const double value = *next_gauss_;
    next_gauss_.reset();
    return value;
  }
  const double angle = uniform() * 2.0 * std::numbers::pi;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  next_gauss_ = std::sin(angle) * radius;
  return std::cos(angle) * radius;
}

size_t PythonRandom::index(size_t size) {
  const int bits = std::bit_width(size);
  for (;;) {
    const auto draw = static_cast<size_t>(static_cast<uint32_t>(engine_()) >> (32 - bits));
    if (draw < size) return draw;
  }
}

std::vector<size_t> PythonRandom::sample(size_t size, size_t count) {
  std::vector<size_t> result;
  // Where a set of the drawn would take more memory than a list of all, Python draws from the list.
  size_t set_size = 21;
  if (count > 5) {
    const double wanted = std::log(static_cast<double>(count * 3)) / std::log(4.0);
    set_size += size_t{1} << (2 * static_cast<size_t>(std::ceil(wanted)));
  }
  if (size <= set_size) {
    std::vector<size_t> pool(size);
    std::iota(pool.begin(), pool.end(), size_t{0});
    for (size_t i = 0; i < count; ++i) {
      const size_t drawn = index(size - i);
      result.push_back(pool[drawn]);
      pool[drawn] = pool[size - i - 1];
    }
    return result;
  }
  std::set<size_t> selected;
  while (result.size() < count) {
    const size_t drawn = index(size);
    if (selected.insert(drawn).second) result.push_back(drawn);
  }
  return result;
}

}  // namespace evergreen::ifeval
