// combine_slice() in vectors, compiled once for each instruction set by Highway and chosen when it runs.
//
// Two ways through a slice. The common one, bfloat16 throughout (graft of a model), keeps everything in registers. The
// other takes any dtypes and any number of terms in chunks: operands are decoded to doubles in the first-level cache, a
// missing c0 as -0.0 and a missing b as 0.0, which change no bit of what is added to or taken from them. Both only note
// that something was too large or not finite: such a slice is done again by the reference, which says what and where.
#include "evergreen/residual/residual_kernel.hpp"

#include "evergreen/residual/kernel_target.hpp"
#include "evergreen/residual/ordered_sum.hpp"

// A vector's length must be known when this is compiled: sums have 16 accumulators whatever the machine.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/residual/residual_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "evergreen/residual/bf16_graft-inl.hpp"
#include "evergreen/residual/chunk_loop-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {

// False: something is too large or not finite; `sums` are as they were.
bool combine_vectors(const KernelInput& input, std::span<std::byte> out, KernelSums& sums) {
#if HWY_TARGET == HWY_SCALAR
  return !combine_slice_reference(input, out, sums);
#else
  SliceSums slice;
  size_t done = 0;
  if (is_bf16_graft(input) && !out.empty()) {
    done = input.elements - input.elements % kSumLanes;
    if (!graft_bf16(input, done, out, slice)) return false;
  }
  if (!ChunkLoop(input, out, slice).run(done)) return false;
  slice.add_to(sums);
  return true;
#endif
}

}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace evergreen {
namespace {

HWY_EXPORT(combine_vectors);

}  // namespace

std::optional<KernelFault> combine_slice(const KernelInput& input, std::span<std::byte> out,
                                         KernelSums& sums) {
  if (HWY_DYNAMIC_DISPATCH(combine_vectors)(input, out, sums)) return std::nullopt;
  return combine_slice_reference(input, out, sums);
}

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets())
    names.emplace_back(hwy::TargetName(target));
  return names;
}

void use_kernel_target(const std::string& name) {
  hwy::SetSupportedTargetsForTest(0);
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (hwy::TargetName(target) != name) continue;
    hwy::SetSupportedTargetsForTest(target);
  }
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace evergreen
#endif
