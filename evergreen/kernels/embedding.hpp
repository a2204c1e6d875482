// Rows of the embedding: y_n = weight[tokens_n].
//
// Memory    where the weight has a gradient already, the tokens' rows are added to it in place: of a tied model, whose head's
//           gradient comes first, no second gradient of the whole vocabulary is made.
// Numbers   the gradient of a row is summed in the order of tokens, whatever the threads.
#pragma once

#include <ATen/core/Tensor.h>

namespace evergreen::kernels {

// tokens_N int64 -> [N, D]. Other dtypes and devices take LibTorch's.
at::Tensor embedding(const at::Tensor& weight_VD, const at::Tensor& tokens_N);

}  // namespace evergreen::kernels
