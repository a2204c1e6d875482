#include "evergreen/generate/cache_plan.hpp"

#include <gtest/gtest.h>

#include "tests/generate/tiny_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::expect_error;

TEST(CachePlan, TheFullestDeviceDecides) {
  const std::vector<CacheRoom> rooms = {{"cuda:0", 300, 30'000}, {"cuda:1", 500, 20'000}};
  EXPECT_EQ(plan_cache_pages(rooms, {100, 1000}, 0), 40);
  EXPECT_EQ(plan_cache_pages(rooms, {100, 12}, 0), 12);
  expect_error(ErrorKind::resource, "one sequence of 800 tokens takes 25000 bytes of cache, 20000 are free",
               [&] {
                 plan_cache_pages(rooms, {800, 50}, 0);
               });
  expect_error(ErrorKind::resource, "cuda:1", [&] { plan_cache_pages(rooms, {800, 50}, 0); });
}

TEST(CachePlan, ABoundIsOfAllDevicesTogether) {
  const std::vector<CacheRoom> rooms = {{"cuda:0", 300, 0}, {"cuda:1", 500, 0}};
  EXPECT_EQ(plan_cache_pages(rooms, {100, 1000}, 8'000), 10);
  expect_error(ErrorKind::resource, "takes 5600 bytes of cache, 5599 are allowed", [&] {
    plan_cache_pages(rooms, {100, 1000}, 5'599);
  });
}

TEST(CachePlan, BytesAreThoseOfTheDecodersDtype) {
  const Decoder wide = test::tiny_decoder(), narrow = test::in_dtype(wide, at::kBFloat16);
  const int64_t page = KvCache::page_bytes(wide.config(), 4);
  EXPECT_EQ(plan_cache_pages(wide, {16, 1000}, 10 * page), 10);
  EXPECT_EQ(plan_cache_pages(narrow, {16, 1000}, 10 * page), 20);
}

}  // namespace
}  // namespace evergreen
