// The types that a run computes and keeps its state in. Names alone, free of LibTorch.
//
//   float32     everything in float32
//   bf16        mixed precision (Micikevicius et al., arXiv 1710.03740, with bfloat16): float32 weights are trained, layers compute with
//               their copies in bfloat16; gradients are bfloat16 within a micro-batch and summed over micro-batches in float32
//   pure-bf16   weights, gradients and moments in bfloat16; new values are rounded stochastically (arXiv 2010.06192), without which small
//               updates are lost. Gradients are summed over micro-batches in bfloat16
//
// Memory    bytes a parameter of weights, gradients and optimiser state: 16, 18 and 8.
// Speed     bf16 is for devices that multiply it faster than float32; a CPU without such instructions takes many times as long.
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

enum class Precision { float32, bf16, pure_bf16 };

Precision precision_from_name(std::string_view name);  // Error{usage} with the nearest name
std::string precision_name(Precision precision);

// Of a number that is trained, on a rank that holds all of it: what layers compute with; the gradient; and the optimiser's, which with copies is
// the trained weight, too.
struct ElementBytes {
  int weight, gradient, optimizer;
  int sum() const { return weight + gradient + optimizer; }
};
ElementBytes element_bytes(Precision precision);

}  // namespace evergreen
