// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
//
// A number is a function of (seed, purpose, element, index) and of nothing else: not of threads, ranks or of
// how many numbers were drawn before. So what a training step sees is a function of (seed, step), also after a resume.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace evergreen {

// The raw generator: 128 random bits for each 128-bit counter under a 64-bit key.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The stream of one purpose ("data.shuffle") and element (an epoch, a step, a document) under a seed.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view purpose, uint64_t element = 0);

  uint64_t at(uint64_t index) const;  // the index-th 64 bits of the stream
  // With these two a kernel elsewhere computes at(): Philox of counter (index / 2, element) under the key.
  uint64_t key() const { return key_; }
  uint64_t element() const { return element_; }
  uint64_t next() { return at(index_++); }
  double uniform();                // in [0, 1), 53 bits
  double normal();                 // mean 0, variance 1 (Box-Muller)
  uint64_t below(uint64_t bound);  // in [0, bound), without bias; bound > 0

 private:
  uint64_t key_, element_, index_ = 0;
};

// A uniformly random order of 0 .. size-1 (Fisher-Yates).
std::vector<uint32_t> random_permutation(uint32_t size, RandomStream stream);

// `count` different numbers of 0 .. size-1, ascending, every subset equally likely (Floyd's algorithm: Bentley and
// Floyd, "A sample of brilliance", CACM 1987); all of them where count >= size.
std::vector<uint64_t> random_subset(uint64_t count, uint64_t size, RandomStream stream);

}  // namespace evergreen
