// The checkpoints and results that tools/make_model_goldens.py made with transformers, and small decoders for other tests.
#pragma once

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/model/loss.hpp"
#include "tests/support/data.hpp"

namespace evergreen::test {

inline const std::vector<std::string> kGoldenModels = {"llama3_tied",  "llama31_gqa_untied", "llama32_tied",
                                                       "llama_biased", "qwen2_tied",         "qwen25_untied"};

inline at::Tensor read_tensor(const CheckpointReader& reader, const std::string& name) {
  const TensorInfo& info = reader.get(name);
  at::Tensor tensor = at::empty(info.shape, info.dtype == Dtype::i64 ? at::kLong : at::kFloat);
  const std::vector<std::byte> bytes = reader.read_all(info);
  EXPECT_EQ(bytes.size(), tensor.nbytes()) << name;
  std::memcpy(tensor.mutable_data_ptr(), bytes.data(), tensor.nbytes());
  return tensor;
}

inline std::vector<int64_t> to_vector(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<int64_t>(), tensor.const_data_ptr<int64_t>() + tensor.numel()};
}

// The next token inside each document; the last token of each has no target.
inline at::Tensor next_tokens(const at::Tensor& tokens, const std::vector<int64_t>& cu_seqlens) {
  at::Tensor targets = tokens.roll(-1);
  for (size_t s = 1; s < cu_seqlens.size(); ++s) targets[cu_seqlens[s] - 1] = kIgnoredTarget;
  return targets;
}

struct Golden {
  explicit Golden(const std::string& name)
      : directory(golden_path("model/" + name)),
        reference(directory / "reference.safetensors"),
        config(read_model_config(directory)),
        tokens(read_tensor(reference, "tokens")),
        cu_seqlens(to_vector(read_tensor(reference, "cu_seqlens"))) {}

  Parameters parameters() const { return load_parameters(CheckpointReader(directory), config, at::kFloat); }
  PackedBatch batch() const { return make_packed_batch(to_vector(tokens), cu_seqlens, at::kCPU); }
  at::Tensor expected(const std::string& name) const { return read_tensor(reference, name); }

  fs::path directory;
  CheckpointReader reference;
  ModelConfig config;
  at::Tensor tokens;
  std::vector<int64_t> cu_seqlens;
};

struct Outcome {
  at::Tensor logits;
  double loss = 0;
  std::map<std::string, at::Tensor> gradients;
};

// Logits, mean loss and its gradients, as the trainer computes them.
inline Outcome run(const Golden& golden, const ModelConfig& config, Parameters parameters) {
  parameters.requires_grad(true);
  const Decoder decoder(config, parameters);
  const at::Tensor hidden = decoder.forward(golden.batch());
  const TokenLoss loss =
      linear_cross_entropy(hidden, decoder.parameters().head(), next_tokens(golden.tokens, golden.cu_seqlens),
                           {.chunk_tokens = 16});
  const at::Tensor mean = loss.sum / loss.tokens;
  mean.backward();
  Outcome outcome{decoder.logits(hidden).detach(), mean.item<double>(), {}};
  for (const ParameterInfo& info : decoder.parameters().table()) {
    outcome.gradients[info.name] = decoder.parameters().at(info.name).grad();
  }
  return outcome;
}

inline double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

inline double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

}  // namespace evergreen::test
