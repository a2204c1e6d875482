#include "evergreen/base/random.hpp"

#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>
#include <set>
#include <utility>

namespace evergreen {
namespace {

uint64_t fnv1a(uint64_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

uint64_t mix(uint64_t x) {  // the finaliser of splitmix64: neighbouring seeds get unrelated keys
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return c;
}

RandomStream::RandomStream(uint64_t seed, std::string_view purpose, uint64_t element)
    : key_(mix(fnv1a(0xcbf29ce484222325ULL ^ mix(seed), purpose))), element_(element) {}

uint64_t RandomStream::at(uint64_t index) const {
  const uint64_t block = index / 2;
  const auto bits = philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                static_cast<uint32_t>(element_), static_cast<uint32_t>(element_ >> 32)},
                               {static_cast<uint32_t>(key_), static_cast<uint32_t>(key_ >> 32)});
  const size_t half = 2 * (index % 2);
  return (uint64_t{bits[half + 1]} << 32) | bits[half];
}

double RandomStream::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double RandomStream::normal() {
  const double u = 1.0 - uniform();  // in (0, 1]: the logarithm is finite
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
}

uint64_t RandomStream::below(uint64_t bound) {
  assert(bound > 0);
  const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  uint64_t bits = next();
  while (bits >= limit) bits = next();
  return bits % bound;
}

std::vector<uint32_t> random_permutation(uint32_t size, RandomStream stream) {
  std::vector<uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (uint32_t i = size; i > 1; --i) std::swap(order[i - 1], order[stream.below(i)]);
  return order;
}

std::vector<uint64_t> random_subset(uint64_t count, uint64_t size, RandomStream stream) {
  if (count >= size) {
    std::vector<uint64_t> all(size);
    std::iota(all.begin(), all.end(), uint64_t{0});
    return all;
  }
  std::set<uint64_t> chosen;
  for (uint64_t last = size - count; last < size; ++last) {
    if (!chosen.insert(stream.below(last + 1)).second) chosen.insert(last);
  }
  return {chosen.begin(), chosen.end()};
}

}  // namespace evergreen
