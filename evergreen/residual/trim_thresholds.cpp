#include "evergreen/residual/trim_thresholds.hpp"

#include <algorithm>
#include <cmath>

#include "evergreen/residual/term_stream.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kSliceElements = 1 << 16;

uint64_t element_count(const std::vector<int64_t>& shape) {
  uint64_t elements = 1;
  for (const int64_t extent : shape) elements *= static_cast<uint64_t>(extent);
  return elements;
}

// All differences a - b of a term. What is not finite is told by the pass that computes.
void visit(const SourceTerm& term, uint64_t elements, const SliceVisitor& visitor) {
  TermStream stream(term, 0, 0, false);
  std::vector<double> difference, subtrahend;
  for (uint64_t first = 0; first < elements; first += kSliceElements) {
    const uint64_t count = std::min(kSliceElements, elements - first);
    const KernelTerm operands = stream.read(count);
    difference.resize(count);
    decode(operands.a.dtype, operands.a.bytes, difference);
    if (!operands.b.bytes.empty()) {
      subtrahend.resize(count);
      decode(operands.b.dtype, operands.b.bytes, subtrahend);
      for (size_t i = 0; i < count; ++i) difference[i] -= subtrahend[i];
    }
    visitor(difference);
  }
}

}  // namespace

std::vector<double> trim_thresholds(const TensorPlan& plan, double density) {
  std::vector<double> thresholds;
  const uint64_t elements = element_count(plan.spec.shape);
  const auto keep = static_cast<uint64_t>(std::ceil(density * static_cast<double>(elements)));
  for (const SourceTerm& term : plan.terms) {
    const auto all = [&](const SliceVisitor& visitor) { visit(term, elements, visitor); };
    thresholds.push_back(keep >= elements ? 0.0 : magnitude_threshold(all, keep));
  }
  return thresholds;
}

}  // namespace evergreen
