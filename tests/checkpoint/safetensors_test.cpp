#include "evergreen/checkpoint/safetensors.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"

namespace evergreen {
using test::expect_error;

namespace {

constexpr uint64_t kFits = UINT64_MAX;  // file size: as long as the ranges say

SafetensorsHeader parse(const std::string& json, uint64_t data_bytes) {
  return parse_safetensors_header(json, 8 + json.size() + data_bytes, "x.safetensors");
}

void expect_refused(const std::string& words, const std::string& json, uint64_t data_bytes) {
  expect_error(ErrorKind::input, words, [&] { parse(json, data_bytes); });
}

}  // namespace

TEST(Safetensors, AHeaderIsReadInFileOrderWithOffsetsOfTheFile) {
  const std::string json =
      R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"__metadata__":{"format":"pt"},)"
      R"("a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]},"none":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}  )";
  const SafetensorsHeader header = parse(json, 12);
  ASSERT_EQ(header.tensors.size(), 3U);
  EXPECT_EQ(header.tensors[0].name, "a");
  EXPECT_EQ(header.tensors[1].name, "none");
  EXPECT_EQ(header.tensors[2].name, "b");
  EXPECT_EQ(header.tensors[2].begin, 8 + json.size() + 4);
  EXPECT_EQ(header.tensors[2].bytes(), 8U);
  EXPECT_EQ(header.metadata.at("format"), "pt");
  EXPECT_TRUE(parse("{}", 0).tensors.empty());
}

TEST(Safetensors, WhatIsMadeIsReadBack) {
  std::vector<TensorInfo> tensors = {{"with \"quotes\" and ü", Dtype::bf16, {3, 2}}, {"s", Dtype::f64, {}}};
  const std::string bytes = make_safetensors_header(tensors, {{"format", "pt"}});
  EXPECT_EQ(bytes.size() % 64, 0U);
  EXPECT_EQ(tensors[0].begin, bytes.size());
  const SafetensorsHeader header =
      parse_safetensors_header(std::string_view(bytes).substr(8), bytes.size() + 20, "x");
  ASSERT_EQ(header.tensors.size(), 2U);
  EXPECT_EQ(header.tensors[0].name, tensors[0].name);
  EXPECT_EQ(header.tensors[0].shape, tensors[0].shape);
  EXPECT_EQ(header.tensors[1].end, tensors[1].end);
}

TEST(Safetensors, WhatIsNotAHeaderIsRefused) {
  expect_refused("does not begin with '{'", "", 0);
  expect_refused("does not begin with '{'", " {}", 0);
  expect_refused("does not begin with '{'", "[]", 0);
  expect_refused("does not begin with '{'", "{}\n", 0);
  expect_refused("does not begin with '{'", std::string("{}\0}", 4), 0);
  expect_refused("not valid JSON", "{]}", 0);
  expect_refused("not valid JSON", "{\"a\xff\":1}", 0);
  expect_refused(
      "twice",
      R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}})",
      1);
  expect_refused("twice", R"({"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}})", 1);
  expect_refused("deeper", R"({"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}})", 1);
  expect_refused("deeper", R"({"__metadata__":{"a":[[]]}})", 0);
  expect_refused("not a string", R"({"__metadata__":{"a":1}})", 0);
  expect_refused("not an object", R"({"__metadata__":null})", 0);
  expect_error(ErrorKind::input, "the header ends at byte 10, but the file has 9",
               [] { parse_safetensors_header("{}", 9, "x"); });
  const std::string huge(kMaxSafetensorsHeaderBytes + 1, ' ');
  expect_error(ErrorKind::input, "at most 100000000", [&] { parse_safetensors_header(huge, kFits, "x"); });
}

TEST(Safetensors, ATensorMustSayAllAndNothingElse) {
  expect_refused("is not an object", R"({"a":[]})", 0);
  expect_refused("lacks 'dtype'", R"({"a":{"shape":[],"data_offsets":[0,1]}})", 1);
  expect_refused("lacks 'shape'", R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1);
  expect_refused("lacks 'data_offsets'", R"({"a":{"dtype":"U8","shape":[]}})", 1);
  expect_refused("unknown member 'stride'",
                 R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"stride":[]}})", 1);
  expect_refused("unknown dtype \"F7\"", R"({"a":{"dtype":"F7","shape":[],"data_offsets":[0,1]}})", 1);
  expect_refused("'dtype' that is not a string", R"({"a":{"dtype":3,"shape":[],"data_offsets":[0,1]}})", 1);
  expect_refused("has -1 in 'shape'", R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1);
  expect_refused("has 1.0 in 'shape'", R"({"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}})", 1);
  expect_refused("in 'shape'", R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,1]}})",
                 1);
  expect_refused("larger than any file",
                 R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0);
  expect_refused("larger than any file",
                 R"({"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,0]}})", 0);
  expect_refused("'shape' that is not a list", R"({"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}})", 1);
  expect_refused("has 3 data_offsets", R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}})", 1);
  expect_refused("before it begins", R"({"a":{"dtype":"U8","shape":[],"data_offsets":[1,0]}})", 1);
  expect_refused("middle of a byte", R"({"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}})", 2);
  expect_refused("takes 6 bytes, but its range has 4",
                 R"({"a":{"dtype":"BF16","shape":[3],"data_offsets":[0,4]}})", 4);
}

TEST(Safetensors, EveryByteBelongsToExactlyOneTensor) {
  const std::string two =
      R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":)";
  EXPECT_EQ(parse(two + "[4,8]}}", 8).tensors.size(), 2U);
  expect_refused("overlaps", two + "[3,7]}}", 7);
  expect_refused("overlaps", two + "[0,4]}}", 4);
  expect_refused("leaves a hole after 4", two + "[5,9]}}", 9);
  expect_refused("leaves a hole after 0", R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}})", 5);
  expect_refused("cut off", two + "[4,8]}}", 7);
  expect_refused("the tensors take 8 bytes, but the file holds 9", two + "[4,8]}}", 9);
  expect_refused("take 0 bytes", "{}", 1);
}

TEST(Safetensors, SubByteTypesCountInBits) {
  EXPECT_EQ(parse(R"({"a":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]}})", 3).tensors[0].bytes(), 3U);
  EXPECT_EQ(tensor_bytes(Dtype::f6_e2m3, {4}, "x"), 3U);
  EXPECT_EQ(tensor_bytes(Dtype::c64, {}, "x"), 8U);
}

}  // namespace evergreen
