// Which tensors of a model a LoRA adapter holds as products, and what becomes of the others.
//
// A product stands for the matrix of a linear layer: two axes, named MODULE.weight, and no embedding, output layer or router.
// PEFT treats the former two otherwise, they may be tied to each other, and transformers' routers are no linear layers.
#pragma once

#include "evergreen/adapter/factor_spool.hpp"
#include "evergreen/adapter/low_rank_report.hpp"
#include "evergreen/adapter/residual_rows.hpp"

namespace evergreen {

bool is_linear_weight(const TensorInfo& tensor);

std::string module_of(const std::string& tensor);  // "model.layers.0.mlp.up_proj" of "....up_proj.weight"

// One tensor of the base, and how it went.
struct LowRankJob {
  TensorPair pair;
  LowRankTensor result;
  FactorSpool::Place a, b;       // of a product
  bool within_max_error = true;  // of a product
};

// All tensors with arithmetic, in file order. Error{input} if no product is among them, or if the architecture stores its
// matrices [in, out] (GPT-2).
std::vector<LowRankJob> plan_low_rank(const CheckpointReader& base, const CheckpointReader& instruct,
                                      bool full_modules);

}  // namespace evergreen
