#include "evergreen/residual/scale_rules.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

TEST(ScaleRules, TheLastThatMatchesCountsAndOthersHaveTheGeneralScale) {
  const ScaleRules rules{{{NamePattern("*.mlp.*"), 0.5}, {NamePattern("*.3.*"), 0.25}}, {}, {}};
  EXPECT_EQ(rules.of("model.norm.weight", 0.9), 0.9);
  EXPECT_EQ(rules.of("model.layers.2.mlp.w", 0.9), 0.5);
  EXPECT_EQ(rules.of("model.layers.3.mlp.w", 0.9), 0.25);
}

TEST(ScaleRules, WhatIsNotIncludedOrIsExcludedHasNoResidual) {
  const ScaleRules rules{{{NamePattern("*"), 2.0}}, {NamePattern("*.mlp.*")}, {NamePattern("*.0.*")}};
  EXPECT_EQ(rules.of("model.layers.1.mlp.w", 1), 2);
  EXPECT_EQ(rules.of("model.layers.0.mlp.w", 1), 0);
  EXPECT_EQ(rules.of("model.norm.weight", 1), 0);
  EXPECT_EQ(rules.text(), "--scale *=2 --include *.mlp.* --exclude *.0.*");
}

TEST(ScaleRules, PatternsThatMatchNothingAndScalesThatAreNoNumbersAreRefused) {
  std::vector<TensorInfo> tensors(1);
  tensors[0].name = "model.norm.weight";
  expect_error(ErrorKind::usage, "'model.nrm.weight' matches no tensor", [&] {
    require_sensible({{}, {NamePattern("model.nrm.weight")}, {}}, tensors);
  });
  expect_error(ErrorKind::usage, "not a finite number", [&] {
    require_sensible({{{NamePattern("*"), std::nan("")}}, {}, {}}, tensors);
  });
}

}  // namespace evergreen
