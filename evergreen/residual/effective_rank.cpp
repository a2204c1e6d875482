#include "evergreen/residual/effective_rank.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <Eigen/Eigenvalues>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kColumns = 4096;

// The sample times its transpose, a stripe of columns after the other.
Eigen::MatrixXd gram(const std::vector<uint64_t>& sampled, uint64_t columns, const RowReader& read) {
  const auto size = static_cast<Eigen::Index>(sampled.size());
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(size, size);
  for (uint64_t first = 0; first < columns; first += kColumns) {
    const uint64_t count = std::min(kColumns, columns - first);
    Eigen::MatrixXd rows(static_cast<Eigen::Index>(count), size);  // a row of the sample is a column here
    for (Eigen::Index i = 0; i < size; ++i) {
      read(sampled[static_cast<size_t>(i)], first, {rows.col(i).data(), static_cast<size_t>(count)});
    }
    gram.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
  }
  return gram;
}

double entropy_rank(const Eigen::VectorXd& eigenvalues) {
  const double most = eigenvalues.maxCoeff();
  if (!(most > 0)) return 0;
  const double noise = most * static_cast<double>(eigenvalues.size()) * 1e-16;
  std::vector<double> singular;
  for (const double value : eigenvalues) {
    if (value > noise) singular.push_back(std::sqrt(value));
  }
  const double sum = std::accumulate(singular.begin(), singular.end(), 0.0);
  double entropy = 0;
  for (const double s : singular) entropy -= s / sum * std::log(s / sum);
  return std::exp(entropy);
}

}  // namespace

std::vector<uint64_t> sample_rows(uint64_t rows, const RankSample& sample, const std::string& name) {
  return random_subset(sample.rows, rows, RandomStream(sample.seed, "residual.effective_rank." + name));
}

EffectiveRank effective_rank(uint64_t rows, uint64_t columns, const RowReader& read, const RankSample& sample,
                             const std::string& name) {
  const std::vector<uint64_t> sampled = sample_rows(rows, sample, name);
  const uint64_t limit = std::min<uint64_t>(sampled.size(), columns);
  if (limit == 0) return {};
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram(sampled, columns, read),
                                                              Eigen::EigenvaluesOnly);
  return {entropy_rank(solver.eigenvalues()), limit};
}

}  // namespace evergreen
