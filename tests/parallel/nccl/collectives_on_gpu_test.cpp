// Collectives by NCCL: a group of one on one GPU, and of two where there are two.
#include <thread>

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include "evergreen/base/error.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/parallel/device_collectives.hpp"

namespace evergreen::test {
namespace {

using Kind = DeviceCollectives::Kind;

// Skips, saying why, where there is no GPU or a library for it is missing.
class CollectivesOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    try {
      kernels::load_gpu();
      device_collectives();
    } catch (const Error& error) {
      GTEST_SKIP() << "no GPU: " << error.what();
    }
  }
};

at::Device gpu(int index) { return {at::kCUDA, static_cast<at::DeviceIndex>(index)}; }

// What each kind leaves of the vector rank + 1, rank + 2 ... : the part that is defined.
void expect_collectives(const std::string& id, int rank, int size) {
  const auto forever = [] {};
  const auto group = device_collectives().connect(id, rank, size, gpu(rank), forever);
  for (const at::ScalarType type : {at::kBFloat16, at::kFloat, at::kDouble}) {
    const auto of_rank = [&](int r) {
      return at::arange(1, 33, at::TensorOptions(gpu(rank)).dtype(type)) + r;
    };
    const int64_t part = 32 / size;
    at::Tensor sum = at::zeros_like(of_rank(0));
    for (int r = 0; r < size; ++r) sum += of_rank(r);
    const at::Tensor reduced = of_rank(rank), scattered = of_rank(rank), gathered = of_rank(rank),
                     sent = of_rank(rank);
    group->run(Kind::all_reduce, reduced, 0, forever);
    EXPECT_TRUE(at::equal(reduced, sum));
    group->run(Kind::reduce_scatter, scattered, 0, forever);
    EXPECT_TRUE(at::equal(scattered.narrow(0, rank * part, part), sum.narrow(0, rank * part, part)));
    group->run(Kind::all_gather, gathered, 0, forever);
    for (int r = 0; r < size; ++r)
      EXPECT_TRUE(at::equal(gathered.narrow(0, r * part, part), of_rank(r).narrow(0, r * part, part)));
    group->run(Kind::broadcast, sent, size - 1, forever);
    EXPECT_TRUE(at::equal(sent, of_rank(size - 1)));
  }
}

TEST_F(CollectivesOnGpu, OfOneRankLeaveItsTensorAsItIs) {
  expect_collectives(device_collectives().new_id(), 0, 1);
}

TEST_F(CollectivesOnGpu, OfTwoRanksSumAndGather) {
  if (c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount() < 2)
    GTEST_SKIP() << "no GPU: a second one is needed";
  const std::string id = device_collectives().new_id();
  std::thread other([&] { expect_collectives(id, 1, 2); });
  expect_collectives(id, 0, 2);
  other.join();
}

TEST_F(CollectivesOnGpu, AWaitThatIsGivenUpEndsWithItsReason) {
  if (c10::impl::VirtualGuardImpl(at::kCUDA).deviceCount() < 2)
    GTEST_SKIP() << "no GPU: a second one is needed";
  const auto give_up = [] { throw Error(ErrorKind::io, "rank 1 is lost"); };
  EXPECT_THROW(device_collectives().connect(device_collectives().new_id(), 0, 2, gpu(0), give_up), Error);
}

}  // namespace
}  // namespace evergreen::test
