// The definition in plain C++, one element at a time: what residual_kernel.cpp must give bit for bit, and what it calls
// to find the element at fault.
#include <algorithm>
#include <cmath>
#include <limits>

#include "evergreen/residual/residual_kernel.hpp"
#include "evergreen/residual/slice_sums.hpp"

namespace evergreen {
namespace {

struct Element {
  double sum = 0;    // exact
  double added = 0;  // the terms alone
  double base = 0;   // the first b, or c0 where it has none
};

bool is_there(const Operand& operand) { return !operand.bytes.empty(); }

size_t element_bytes(Dtype dtype) { return static_cast<size_t>(dtype_bits(dtype)) / 8; }

double load(const Operand& operand, uint64_t index) {
  const size_t size = element_bytes(operand.dtype);
  double value = 0;
  decode(operand.dtype, operand.bytes.subspan(index * size, size), std::span(&value, 1));
  return value;
}

void store(Dtype dtype, double value, uint64_t index, std::span<std::byte> out) {
  const size_t size = element_bytes(dtype);
  encode(dtype, std::span(&value, 1), out.subspan(index * size, size));
}

double rounded(Dtype dtype, double value) {
  std::byte bytes[sizeof(double)];
  const std::span<std::byte> element = std::span(bytes).first(element_bytes(dtype));
  store(dtype, value, 0, element);
  return load({dtype, element}, 0);
}

class ReferenceLoop {
 public:
  ReferenceLoop(const KernelInput& input, std::span<std::byte> out) : input_(input), out_(out) {}

  std::optional<KernelFault> run(KernelSums& sums) {
    for (index_ = 0; index_ < input_.elements; ++index_) {
      element_ = {};
      if (!combine()) return fault_;
      if (!out_.empty()) store(input_.out_dtype, element_.sum, index_, out_);
      sums_.added_squares.add(index_, element_.added * element_.added);
      sums_.base_squares.add(index_, element_.base * element_.base);
      if (input_.measure_loss) measure_loss();
    }
    sums_.add_to(sums);
    return std::nullopt;
  }

 private:
  bool combine() {
    bool started = is_there(input_.c0);
    if (started) {
      if (!read(input_.c0, 0, element_.sum)) return false;
      element_.base = element_.sum;
    }
    for (size_t k = 0; k < input_.terms.size(); ++k) {
      double p = 0;
      if (!product(k, p)) return false;
      element_.sum = started ? element_.sum + p : p;
      element_.added = element_.added + p;
      started = true;
    }
    if (std::fabs(element_.sum) < overflow_threshold(input_.out_dtype)) return true;
    fault_ = {KernelFault::Kind::too_large, index_, 0, element_.sum};
    return false;
  }

  bool product(size_t k, double& p) {
    const KernelTerm& term = input_.terms[k];
    const int number = 1 + 2 * static_cast<int>(k);
    double d = 0;
    if (!read(term.a, number, d)) return false;
    if (is_there(term.b)) {
      double b = 0;
      if (!read(term.b, number + 1, b)) return false;
      if (k == 0) element_.base = b;
      d = d - b;
    }
    p = term.scale * d;
    return true;
  }

  bool read(const Operand& operand, int number, double& value) {
    value = load(operand, index_);
    if (std::isfinite(value)) return true;
    fault_ = {KernelFault::Kind::not_finite, index_, number, value};
    return false;
  }

  void measure_loss() {
    const double stored = rounded(input_.out_dtype, element_.sum), loss = stored - element_.sum;
    sums_.loss_squares.add(index_, loss * loss);
    sums_.loss_max = std::max(sums_.loss_max, std::fabs(loss));
    const Dtype base_dtype = input_.terms.front().b.dtype;
    const double from_exact = rounded(base_dtype, element_.base + element_.sum);
    const double from_stored = rounded(base_dtype, element_.base + stored);
    sums_.changed += from_exact == from_stored ? 0 : 1;
  }

  const KernelInput& input_;
  std::span<std::byte> out_;
  uint64_t index_ = 0;
  Element element_;
  KernelFault fault_;
  SliceSums sums_;
};

}  // namespace

double overflow_threshold(Dtype dtype) {
  switch (dtype) {
    case Dtype::f16:
      return 65520;
    case Dtype::bf16:
      return 0x1.ffp127;
    case Dtype::f32:
      return 0x1.ffffffp127;
    default:
      return std::numeric_limits<double>::infinity();
  }
}

std::optional<KernelFault> combine_slice_reference(const KernelInput& input, std::span<std::byte> out,
                                                   KernelSums& sums) {
  return ReferenceLoop(input, out).run(sums);
}

}  // namespace evergreen
