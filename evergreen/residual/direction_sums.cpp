#include "evergreen/residual/direction_sums.hpp"

#include <algorithm>
#include <cmath>

namespace evergreen {
namespace {

size_t packed(size_t k, size_t l) { return k <= l ? l * (l + 1) / 2 + k : packed(l, k); }

}  // namespace

void DirectionSums::add(const DirectionSums& other) {
  for (size_t i = 0; i < products_.size(); ++i) products_[i] += other.products_[i];
  for (size_t k = 0; k < changed_.size(); ++k) changed_[k] += other.changed_[k];
  elements += other.elements;
  left_out += other.left_out;
}

double& DirectionSums::product(size_t k, size_t l) { return products_[packed(k, l)]; }
double DirectionSums::product(size_t k, size_t l) const { return products_[packed(k, l)]; }
double DirectionSums::norm(size_t k) const { return std::sqrt(product(k, k)); }

std::optional<double> DirectionSums::relative(size_t k, size_t to) const {
  if (!(norm(to) > 0)) return std::nullopt;
  return norm(k) / norm(to);
}

std::optional<double> DirectionSums::cosine(size_t k, size_t l) const {
  const double lengths = norm(k) * norm(l);
  if (!(lengths > 0)) return std::nullopt;
  return std::clamp(product(k, l) / lengths, -1.0, 1.0);
}

}  // namespace evergreen
