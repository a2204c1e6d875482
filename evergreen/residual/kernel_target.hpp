// The sets of vector instructions that combine_slice() was built for; it picks the best one of the machine when it runs.
// All give the same bits (residual_kernel.hpp): choosing another one is for tests and benchmarks.
#pragma once

#include <string>
#include <vector>

namespace evergreen {

// Those this machine has, the best first, by Highway's names: "AVX3" (AVX-512), "AVX2", "SSE4", "NEON", "SCALAR" ...
std::vector<std::string> kernel_targets();

// From now on for the whole process, one of kernel_targets(); empty: the best. Not while a kernel runs.
void use_kernel_target(const std::string& name);

}  // namespace evergreen
