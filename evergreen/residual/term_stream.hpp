// One term of a combination as it streams by: the operands of its difference, stored or computed.
#pragma once

#include <memory>

#include "evergreen/residual/residual_kernel.hpp"
#include "evergreen/residual/residual_source.hpp"
#include "evergreen/residual/source_stream.hpp"

namespace evergreen {

class TermStream {
 public:
  // Slices will be asked for from these elements of a and b on.
  TermStream(const SourceTerm& term, uint64_t a_first, uint64_t b_first, bool hashed)
      : scale_(term.scale), a_(term.a, a_first, hashed), b_(term.b, b_first, hashed) {
    if (term.computed != nullptr) computed_ = term.computed->open(a_first);
  }

  // The next `count` elements. Valid until the next call.
  KernelTerm read(uint64_t count) {
    if (computed_) return {scale_, {Dtype::f64, std::as_bytes(computed_->read(count))}, {}};
    const auto a = a_.read(count), b = b_.read(count);
    return {scale_, {a_.dtype(), a}, {b_.dtype(), b}};
  }

  SourceStream& a() { return a_; }
  SourceStream& b() { return b_; }

 private:
  double scale_;
  SourceStream a_, b_;
  std::unique_ptr<ComputedTensor::Stream> computed_;
};

}  // namespace evergreen
