// generation_config.json: how a model's makers want it to answer.
//
// Source    transformers' GenerationConfig: eos_token_id (a number or a list), do_sample, temperature,
//           top_k, top_p, min_p, repetition_penalty. Without do_sample only the last of these is used, as there.
// Errors    Error{input} with path and member for a value of another type. A directory without the file is no error.
#pragma once

#include <cstdint>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/generate/sampling.hpp"

namespace evergreen {

struct GenerationConfig {
  std::vector<int32_t> eos_token_ids;
  Sampling sampling;  // greedy where the file does not ask for sampling
};

GenerationConfig read_generation_config(const fs::path& directory);

}  // namespace evergreen
