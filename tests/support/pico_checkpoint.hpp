// Tiny checkpoints in Hugging Face's layout, made on the spot and always the same for the same options.
//
// Weights are multiples of 1/64 in [-1, 1] unless `spread` is set: exact in every dtype, and so are their sums.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/writer.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {

struct PicoOptions {
  ModelFamily family = ModelFamily::llama;
  Dtype dtype = Dtype::bf16;
  uint64_t seed = 1;
  int shards = 1;  // about as many
  bool tied = false;
  int64_t vocab_size = 40, hidden_size = 16, intermediate_size = 24, num_layers = 2, num_heads = 4,
          num_kv_heads = 2;
  double spread = 0;                           // > 0: normal numbers of this standard deviation
  bool chat = false;                           // an instruct model: a chat template, another eos
  std::map<int64_t, std::string> tokens = {};  // of some rows, in place of "t<row>"
  int64_t padding_rows = 0;                    // at the end, without a token
};

ModelConfig pico_config(const PicoOptions& options);

// Names and shapes as transformers has them, in its order.
std::vector<TensorSpec> pico_tensors(const PicoOptions& options);
std::vector<double> pico_values(const PicoOptions& options, const TensorSpec& tensor);

// Makes dir/name with config.json, weights and tokenizer files, and returns its path.
fs::path pico_checkpoint(const TempDir& dir, const std::string& name, const PicoOptions& options = {});

// A checkpoint of any tensors: value(tensor, element) is rounded to the tensor's dtype; `extra` writes further files.
fs::path write_checkpoint(const fs::path& out, const std::vector<TensorSpec>& tensors,
                          const std::function<double(const TensorSpec&, uint64_t)>& value,
                          const std::function<void(CheckpointWriter&)>& extra = {},
                          const WriterOptions& options = {});

}  // namespace evergreen::test
