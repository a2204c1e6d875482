// The random bits of evergreen/base/random for kernels: Philox4x32-10, where a number is a function of its counter alone.
//
// Tested    bit for bit against RandomStream.
#pragma once

#include <cstdint>

#include "evergreen/kernels/cuda/host_device.hpp"

namespace evergreen::kernels::cuda {

struct RandomBits {
  uint32_t word[4];
};

EVERGREEN_HOST_DEVICE RandomBits philox4x32(RandomBits counter, uint32_t key0, uint32_t key1) {
  RandomBits c = counter;
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53U} * c.word[0], b = uint64_t{0xCD9E8D57U} * c.word[2];
    c = {{static_cast<uint32_t>(b >> 32) ^ c.word[1] ^ key0, static_cast<uint32_t>(b),
          static_cast<uint32_t>(a >> 32) ^ c.word[3] ^ key1, static_cast<uint32_t>(a)}};
    key0 += 0x9E3779B9U;
    key1 += 0xBB67AE85U;
  }
  return c;
}

// A RandomStream by its key and element: numbers 2 * pair (words 0 and 1, low word first) and 2 * pair + 1 (words 2 and 3).
struct StreamKey {
  uint64_t key, element;
};
EVERGREEN_HOST_DEVICE RandomBits random_pair(StreamKey stream, uint64_t pair) {
  return philox4x32({{static_cast<uint32_t>(pair), static_cast<uint32_t>(pair >> 32),
                      static_cast<uint32_t>(stream.element), static_cast<uint32_t>(stream.element >> 32)}},
                    static_cast<uint32_t>(stream.key), static_cast<uint32_t>(stream.key >> 32));
}

}  // namespace evergreen::kernels::cuda
