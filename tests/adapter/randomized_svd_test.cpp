#include "evergreen/adapter/randomized_svd.hpp"

#include <cmath>

#include <Eigen/QR>
#include <Eigen/SVD>
#include <gtest/gtest.h>

namespace evergreen {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

RowMajor gaussian(int64_t rows, int64_t cols, uint64_t seed) {
  RandomStream random(seed, "gaussian");
  RowMajor matrix(rows, cols);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < cols; ++j) matrix(i, j) = random.normal();
  }
  return matrix;
}

RowMajor orthonormal(int64_t rows, int64_t cols, uint64_t seed) {
  const Eigen::MatrixXd draw = gaussian(rows, cols, seed);
  return Eigen::HouseholderQR<Eigen::MatrixXd>(draw).householderQ() * Eigen::MatrixXd::Identity(rows, cols);
}

// Random singular vectors, and these singular values.
template <class Spectrum>
RowMajor with_spectrum(int64_t rows, int64_t cols, Spectrum spectrum) {
  const int64_t side = std::min(rows, cols);
  Eigen::VectorXd values(side);
  for (int64_t i = 0; i < side; ++i) values[i] = spectrum(i);
  return orthonormal(rows, side, 1) * values.asDiagonal() * orthonormal(cols, side, 2).transpose();
}

// `step` rows at a time.
StreamedMatrix streamed(const RowMajor& matrix, int64_t step = 7) {
  return {matrix.rows(), matrix.cols(), [&matrix, step](const RowsFn& visit) {
            for (int64_t first = 0; first < matrix.rows(); first += step) {
              const int64_t count = std::min<int64_t>(step, matrix.rows() - first);
              visit(first, {matrix.data() + first * matrix.cols(), count, matrix.cols(), matrix.cols(), 1});
            }
          }};
}

TruncatedSvd svd_of(const RowMajor& matrix, const SvdOptions& options, int64_t step = 7) {
  return randomized_svd(streamed(matrix, step), RandomStream(3, "test"), options);
}

RowMajor product(const TruncatedSvd& svd) {
  const Eigen::Map<const RowMajor> left(svd.left.values().data(), svd.left.rows(), svd.left.cols());
  const Eigen::Map<const RowMajor> right(svd.right.values().data(), svd.right.rows(), svd.right.cols());
  const Eigen::Map<const Eigen::VectorXd> values(svd.singular_values.data(), svd.rank());
  return left * values.asDiagonal() * right;
}

Eigen::VectorXd full_spectrum(const RowMajor& matrix) {
  return Eigen::JacobiSVD<Eigen::MatrixXd>(matrix).singularValues();
}

double tail(const Eigen::VectorXd& values, int64_t rank) { return values.tail(values.size() - rank).norm(); }

}  // namespace

TEST(RandomizedSvd, AgreesWithAFullOneWhereTheSpectrumDecays) {
  for (const auto& [rows, cols] : {std::pair{90, 50}, {50, 90}}) {
    const RowMajor matrix =
        with_spectrum(rows, cols, [](int64_t i) { return std::pow(0.7, static_cast<double>(i)); });
    const Eigen::VectorXd exact = full_spectrum(matrix);
    const TruncatedSvd svd = svd_of(matrix, {.max_rank = 12});
    ASSERT_EQ(svd.rank(), 12);
    for (int64_t i = 0; i < 12; ++i) {
      EXPECT_NEAR(svd.singular_values[static_cast<size_t>(i)], exact[i], 1e-9 * exact[0]) << i;
    }
    EXPECT_NEAR(svd.norm, matrix.norm(), 1e-12);
    EXPECT_NEAR(svd.error, tail(exact, 12), 1e-6 * tail(exact, 12));
    EXPECT_NEAR((matrix - product(svd)).norm(), svd.error, 1e-9 * svd.norm);
  }
}

TEST(RandomizedSvd, LosesLittleMoreThanTheBestWhereTheSpectrumIsNearlyFlat) {
  const RowMajor matrix =
      with_spectrum(200, 160, [](int64_t i) { return 1 / (1 + 0.01 * static_cast<double>(i)); });
  const double best = tail(full_spectrum(matrix), 40);
  const TruncatedSvd svd = svd_of(matrix, {.max_rank = 40});
  EXPECT_GE(svd.error, best * (1 - 1e-12));
  EXPECT_LE(svd.error, best * 1.015);
  EXPECT_NEAR((matrix - product(svd)).norm(), svd.error, 1e-9 * svd.norm);
}

TEST(RandomizedSvd, RecoversALowRankMatrixToRounding) {
  const RowMajor matrix = gaussian(120, 6, 5) * gaussian(6, 80, 6);
  for (const int64_t rank : {6, 9}) {
    const TruncatedSvd svd = svd_of(matrix, {.max_rank = rank});
    EXPECT_EQ(svd.rank(), rank);
    EXPECT_LE((matrix - product(svd)).norm(), 1e-13 * matrix.norm());
  }
  EXPECT_EQ(svd_of(matrix, {.max_error = 1e-6}).rank(), 6);
}

TEST(RandomizedSvd, VectorsAreOrthonormal) {
  const TruncatedSvd svd = svd_of(gaussian(70, 60, 7), {.max_rank = 20});
  const Eigen::Map<const RowMajor> left(svd.left.values().data(), 70, 20),
      right(svd.right.values().data(), 20, 60);
  EXPECT_LE((left.transpose() * left - RowMajor::Identity(20, 20)).norm(), 1e-12);
  EXPECT_LE((right * right.transpose() - RowMajor::Identity(20, 20)).norm(), 1e-12);
}

TEST(RandomizedSvd, FindsTheLeastRankThatHoldsAnError) {
  // Ranks below and far above what is tried first.
  for (const double decay : {0.8, 0.99}) {
    const RowMajor matrix =
        with_spectrum(260, 240, [&](int64_t i) { return std::pow(decay, static_cast<double>(i)); });
    const Eigen::VectorXd exact = full_spectrum(matrix);
    int64_t least = 1;
    while (tail(exact, least) > 0.1 * matrix.norm()) ++least;
    const TruncatedSvd svd = svd_of(matrix, {.max_error = 0.1});
    EXPECT_TRUE(svd.within_max_error);
    EXPECT_GE(svd.rank(), least);
    EXPECT_LE(svd.rank(), least + 2);
    EXPECT_LE((matrix - product(svd)).norm(), 0.1 * matrix.norm());
  }
}

TEST(RandomizedSvd, KeepsRoomForWhatRoundingLoses) {
  const RowMajor matrix =
      with_spectrum(60, 60, [](int64_t i) { return std::pow(0.9, static_cast<double>(i)); });
  const TruncatedSvd svd = svd_of(matrix, {.max_error = 0.1, .rounding_error = 0.04});
  EXPECT_LE(svd.error + 0.04 * product(svd).norm(), 0.1 * svd.norm);
  EXPECT_GT(svd.rank(), svd_of(matrix, {.max_error = 0.1}).rank());
}

TEST(RandomizedSvd, ARankThatIsNotEnoughIsTold) {
  const TruncatedSvd svd = svd_of(gaussian(60, 50, 8), {.max_rank = 5, .max_error = 0.1});
  EXPECT_EQ(svd.rank(), 5);
  EXPECT_FALSE(svd.within_max_error);
}

TEST(RandomizedSvd, TakesMatricesWithoutRoomForItsRank) {
  for (const auto& [rows, cols] : {std::pair{5, 30}, {30, 5}, {1, 9}, {9, 1}, {1, 1}}) {
    const RowMajor matrix = gaussian(rows, cols, 9);
    const TruncatedSvd svd = svd_of(matrix, {.max_rank = 16});
    EXPECT_EQ(svd.rank(), std::min(rows, cols));
    EXPECT_LE((matrix - product(svd)).norm(), 1e-13 * matrix.norm()) << rows << " x " << cols;
  }
  const TruncatedSvd zeros = svd_of(RowMajor::Zero(20, 30), {.max_error = 0.1});
  EXPECT_EQ(zeros.rank(), 1);
  EXPECT_EQ(zeros.singular_values[0], 0);
  EXPECT_EQ(zeros.error, 0);
}

TEST(RandomizedSvd, DependsOnTheNumbersDrawnAndNotOnHowTheRowsCome) {
  const RowMajor matrix = gaussian(64, 48, 10);
  const TruncatedSvd one = svd_of(matrix, {.max_rank = 8}, 1), all = svd_of(matrix, {.max_rank = 8}, 64);
  EXPECT_EQ(one.left.values(), all.left.values());
  EXPECT_EQ(one.right.values(), all.right.values());
  const TruncatedSvd other = randomized_svd(streamed(matrix), RandomStream(4, "test"), {.max_rank = 8});
  EXPECT_NE(one.right.values(), other.right.values());
}

}  // namespace evergreen
