// Arrays of either element for the launchers, made of and read as floats.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "evergreen/kernels/cuda/bfloat16.hpp"
#include "evergreen/kernels/cuda/launchers.hpp"
#include "tests/kernels/cuda/on_host/fibers.hpp"

namespace evergreen::test {

using kernels::cuda::Element;

inline std::vector<float> random_floats(int64_t count, uint64_t seed, double scale = 1.0) {
  RandomStream stream(seed, "test");
  std::vector<float> out;
  for (int64_t i = 0; i < count; ++i) out.push_back(static_cast<float>(stream.normal() * scale));
  return out;
}

// `shift` elements behind an address of 16 bytes: 0 for wide accesses, 1 for single ones. Exactly as long as asked for, so that the address
// sanitizer sees every access beyond.
class Array {
 public:
  Array(Element element, const std::vector<float>& values, int shift = 0)
      : element_(element), shift_(static_cast<size_t>(shift)), size_(values.size()) {
    floats_.resize(element == Element::f32 ? shift_ + size_ : 0);
    bfloat16s_.resize(element == Element::bf16 ? shift_ + size_ : 0);
    for (size_t i = 0; i < size_; ++i) {
      if (element == Element::f32) {
        floats_[shift_ + i] = values[i];
      } else {
        bfloat16s_[shift_ + i] = kernels::cuda::nearest_bfloat16(values[i]);
      }
    }
  }
  Array(Element element, int64_t count, int shift = 0)
      : Array(element, std::vector<float>(static_cast<size_t>(count), NAN), shift) {}

  void* data() {
    return element_ == Element::f32 ? static_cast<void*>(floats_.data() + shift_)
                                    : bfloat16s_.data() + shift_;
  }
  double operator[](int64_t i) const {
    const size_t at = shift_ + static_cast<size_t>(i);
    return element_ == Element::f32 ? floats_[at] : kernels::cuda::widened(bfloat16s_[at]);
  }
  int64_t size() const { return static_cast<int64_t>(size_); }

 private:
  Element element_;
  size_t shift_, size_;
  std::vector<float> floats_;
  std::vector<uint16_t> bfloat16s_;
};

// |a - b| / |b| over all elements: 2e-6 in float32, one rounding in bfloat16.
inline void expect_close(const Array& a, const std::vector<double>& b, Element element, const char* what) {
  ASSERT_EQ(a.size(), static_cast<int64_t>(b.size())) << what;
  double difference = 0, norm = 0;
  for (int64_t i = 0; i < a.size(); ++i) {
    const double expected = b[static_cast<size_t>(i)], less = a[i] - expected;
    difference += less * less, norm += expected * expected;
  }
  EXPECT_LE(std::sqrt(difference), (element == Element::f32 ? 2e-6 : 4e-3) * std::sqrt(norm)) << what;
}

// Both elements, wide and single accesses, both orders of the threads.
struct Case {
  Element element;
  int shift;
};
inline void for_cases(const std::function<void(const Case&)>& f) {
  for (const FiberOrder order : {FiberOrder::ascending, FiberOrder::descending}) {
    set_fiber_order(order);
    for (const Element element : {Element::f32, Element::bf16}) {
      for (const int shift : {0, 1}) {
        SCOPED_TRACE(testing::Message() << (element == Element::f32 ? "f32" : "bf16") << ", shift " << shift
                                        << (order == FiberOrder::ascending ? "" : ", descending"));
        f({element, shift});
      }
    }
  }
  set_fiber_order(FiberOrder::ascending);
}

}  // namespace evergreen::test
