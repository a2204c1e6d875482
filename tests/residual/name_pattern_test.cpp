#include "evergreen/residual/name_pattern.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

TEST(NamePattern, StarsAndQuestionMarksStandForCharacters) {
  EXPECT_TRUE(NamePattern("model.norm.weight").matches("model.norm.weight"));
  EXPECT_FALSE(NamePattern("model.norm").matches("model.norm.weight")) << "the whole name must match";
  EXPECT_TRUE(NamePattern("*.mlp.*").matches("model.layers.3.mlp.up_proj.weight"));
  EXPECT_TRUE(NamePattern("*").matches(""));
  EXPECT_TRUE(NamePattern("**a").matches("bba"));
  EXPECT_TRUE(NamePattern("model.layers.?.mlp.*").matches("model.layers.3.mlp.up_proj.weight"));
  EXPECT_FALSE(NamePattern("model.layers.?.mlp.*").matches("model.layers.13.mlp.up_proj.weight"));
}

TEST(NamePattern, BracesHoldChoicesAndRangesOfNumbers) {
  const NamePattern layers("model.layers.{0-7,30}.{mlp,self_attn}.*");
  for (const char* name : {"model.layers.0.mlp.x", "model.layers.7.self_attn.q", "model.layers.30.mlp.x"}) {
    EXPECT_TRUE(layers.matches(name)) << name;
  }
  for (const char* name :
       {"model.layers.8.mlp.x", "model.layers.70.mlp.x", "model.layers.3.norm.x", "model.layers..mlp.x"}) {
    EXPECT_FALSE(layers.matches(name)) << name;
  }
  EXPECT_TRUE(NamePattern("{a*,b}c").matches("axxc"));
  EXPECT_TRUE(NamePattern("{q-k,v}").matches("q-k")) << "a dash between words is a dash";
}

TEST(NamePattern, WhatCannotBeReadIsRefused) {
  for (const char* text : {"", "{a", "a}", "{a{b}}"}) EXPECT_THROW(NamePattern{text}, Error) << text;
  expect_error(ErrorKind::usage, "ends before it begins", [] { NamePattern("{7-0}"); });
  expect_error(ErrorKind::usage, "too many combinations",
               [] { NamePattern("{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}{0,1}"); });
}

TEST(NamePattern, ManyStarsDoNotTakeForever) {
  EXPECT_FALSE(NamePattern("*a*a*a*a*a*a*a*a*b").matches(std::string(2000, 'a')));
}

}  // namespace evergreen
