// A model's directory, read and written whole: config.json, weights, tokenizer and what else belongs to it.
#pragma once

#include <functional>
#include <string>

#include <ATen/core/Tensor.h>

#include "evergreen/checkpoint/dtype.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/model/decoder.hpp"

namespace evergreen {

// Float32 on the CPU unless told otherwise.
Decoder load_decoder(const fs::path& directory, at::TensorOptions options = at::kFloat);

struct SaveModelOptions {
  Dtype dtype = Dtype::f32;
  // Directory to copy tokenizer, licence and the like from (model_files.hpp); empty: none.
  fs::path companions;
  std::string config_json;                                    // empty: made from the decoder's config
  std::string card;                                           // README.md; empty: none
  Provenance provenance;                                      // hashes of the weights are added
  std::function<void(CheckpointWriter&)> write_weights = {};  // in place of the decoder's own
};

// Writes `out` whole or not at all, each weight rounded once to `dtype`.
void save_model(const Decoder& decoder, const fs::path& out, const SaveModelOptions& options);

}  // namespace evergreen
