#include "evergreen/train/low_rank_training.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

bool is_projection(const ParameterInfo& info) { return info.name.ends_with("_proj.weight"); }

// Uniform in +- 1 / sqrt(inputs), which is kaiming_uniform_(a = sqrt(5)).
at::Tensor random_rows(int64_t rank, int64_t inputs, uint64_t seed, const std::string& name,
                       at::Device device) {
  at::Tensor values = at::empty({rank, inputs}, at::kFloat);
  RandomStream stream(seed, "train.lora." + name);
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  auto* data = values.data_ptr<float>();
  for (int64_t i = 0; i < values.numel(); ++i)
    data[i] = static_cast<float>(bound * (2 * stream.uniform() - 1));
  return values.to(device);
}

}  // namespace

LowRankTraining::LowRankTraining(Decoder& decoder, const LowRankOptions& options, uint64_t seed)
    : decoder_(decoder), scale_(options.alpha / static_cast<double>(options.rank)) {
  decoder.parameters().requires_grad(false);
  for (const ParameterInfo& info : decoder.parameters().table()) {
    if (!is_projection(info)) continue;
    const at::Tensor& weight = decoder.parameters().at(info.name);
    if (options.rank > std::min(weight.size(0), weight.size(1))) {
      throw Error(ErrorKind::usage,
                  fmt::format("a rank of {} is more than '{}' has, {} x {}", options.rank, info.name,
                              weight.size(0), weight.size(1)),
                  {}, "give a smaller --lora-rank, or train all weights (--lora-rank 0)");
    }
    pairs_[info.name] = {
        weight, random_rows(options.rank, weight.size(1), seed, info.name, weight.device()).requires_grad_(),
        at::zeros({weight.size(0), options.rank}, weight.options()).requires_grad_()};
  }
}

TrainedTensors LowRankTraining::tensors() const {
  TrainedTensors all;
  for (const auto& [name, pair] : pairs_) {
    const std::string stem = name.substr(0, name.size() - std::string_view("weight").size());
    all.push_back({stem + "lora_A.weight", pair.a_RI, true});
    all.push_back({stem + "lora_B.weight", pair.b_OR, true});
  }
  return all;
}

void LowRankTraining::begin_pass() {
  for (const auto& [name, pair] : pairs_) {
    decoder_.parameters().set(name, at::addmm(pair.frozen_OI, pair.b_OR, pair.a_RI, 1, scale_));
  }
}

}  // namespace evergreen
