#include "evergreen/adapter/matrix_product.hpp"

#include <utility>

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

Matrix random_matrix(int64_t rows, int64_t cols, uint64_t seed) {
  RandomStream random(seed, "matrix");
  Matrix matrix(rows, cols);
  for (double& value : matrix.values()) value = random.normal();
  return matrix;
}

// The definition: products in order of k, each rounded, each sum rounded.
Matrix three_loops(const ConstMatrixView& a, const ConstMatrixView& b, Matrix c) {
  for (int64_t i = 0; i < c.rows(); ++i) {
    for (int64_t j = 0; j < c.cols(); ++j) {
      for (int64_t k = 0; k < a.cols; ++k) {
        const volatile double product = a.data[i * a.row_stride + k * a.col_stride] * b.row(k)[j];
        c(i, j) += product;
      }
    }
  }
  return c;
}

}  // namespace

TEST(MatrixProduct, GivesTheBitsOfThreeLoopsForEveryShapeAndEveryProcessor) {
  struct Shape {
    int64_t m, k, n;
  };
  for (const Shape& shape :
       {Shape{1, 1, 1}, {8, 256, 24}, {7, 5, 3}, {9, 257, 25}, {16, 300, 83}, {4, 0, 6}, {33, 9, 8}}) {
    const Matrix a = random_matrix(shape.m, shape.k, 1), at = random_matrix(shape.k, shape.m, 2),
                 b = random_matrix(shape.k, shape.n, 3), c = random_matrix(shape.m, shape.n, 4);
    for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
      hwy::SetSupportedTargetsForTest(target);
      Matrix plain = c, transposed = c;
      add_product(a.view(), b.view(), plain.view());
      add_product(at.view().transposed(), b.view(), transposed.view());
      EXPECT_EQ(plain.values(), three_loops(a.view(), b.view(), c).values())
          << shape.m << " " << shape.k << " " << shape.n;
      EXPECT_EQ(transposed.values(), three_loops(at.view().transposed(), b.view(), c).values()) << shape.m;
    }
    hwy::SetSupportedTargetsForTest(0);
  }
}

TEST(MatrixProduct, LeavesWhatLiesBesideAPartAlone) {
  const Matrix a = random_matrix(6, 10, 1), b = random_matrix(10, 12, 2);
  Matrix c(9, 12);
  MatrixView part = c.view();
  part.data = part.row(2);
  part.rows = 6;
  add_product(a.view(), b.view(), part);
  for (int64_t j = 0; j < 12; ++j) {
    EXPECT_EQ(c(1, j), 0);
    EXPECT_NE(c(2, j), 0);
    EXPECT_NE(c(7, j), 0);
    EXPECT_EQ(c(8, j), 0);
  }
}

}  // namespace evergreen
