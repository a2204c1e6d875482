// Products of directions v_k, summed over elements: what norms and cosines come from.
//
//   P_kl = sum of v_k * v_l,   |v_k| = sqrt(P_kk),   cos(v_k, v_l) = P_kl / sqrt(P_kk P_ll)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace evergreen {

// Sums of one tensor, or of several added up.
class DirectionSums {
 public:
  explicit DirectionSums(size_t directions = 0)
      : changed_(directions), products_(directions * (directions + 1) / 2) {}

  void add(const DirectionSums& other);
  double& product(size_t k, size_t l);
  double product(size_t k, size_t l) const;
  uint64_t& changed(size_t k) { return changed_[k]; }
  uint64_t changed(size_t k) const { return changed_[k]; }

  double norm(size_t k) const;
  std::optional<double> relative(size_t k, size_t to) const;  // |v_k| / |v_to|; none where v_to is 0
  std::optional<double> cosine(size_t k, size_t l) const;     // none where one of them is 0

  uint64_t elements = 0;  // that all checkpoints have
  uint64_t left_out = 0;  // of these: NaN or infinite somewhere

 private:
  std::vector<uint64_t> changed_;
  std::vector<double> products_;  // of the upper triangle, by column
};

}  // namespace evergreen
