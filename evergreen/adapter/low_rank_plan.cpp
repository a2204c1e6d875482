#include "evergreen/adapter/low_rank_plan.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/residual/combine.hpp"

namespace evergreen {
namespace {

using Kept = LowRankTensor::Kept;

constexpr std::array kOtherModules = {
    "embed_tokens",    "lm_head",   "wte",    "wpe",  "word_embeddings", "embed_in",
    "embed_positions", "embed_out", "shared", "gate", "router"};
constexpr std::array kTransposedModels = {"gpt2", "openai-gpt"};

void require_out_in(const CheckpointReader& base) {
  const fs::path path = base.directory() / "config.json";
  std::error_code failed;
  if (!fs::exists(path, failed)) return;
  const auto type = json_get_or<std::string>(read_json(path), "model_type", "", path.string());
  if (std::find(kTransposedModels.begin(), kTransposedModels.end(), type) == kTransposedModels.end()) return;
  throw Error(ErrorKind::input, fmt::format("a {} model stores its matrices [in, out], not [out, in]", type),
              base.path().string(), "extract the residual without --rank and --max-error");
}

}  // namespace

std::string module_of(const std::string& tensor) { return tensor.substr(0, tensor.rfind('.')); }

bool is_linear_weight(const TensorInfo& tensor) {
  if (!has_arithmetic(tensor.dtype) || tensor.shape.size() != 2 || tensor.elements() == 0) return false;
  if (!tensor.name.ends_with(".weight")) return false;
  const std::string module = module_of(tensor.name), last = module.substr(module.rfind('.') + 1);
  return std::find(kOtherModules.begin(), kOtherModules.end(), last) == kOtherModules.end();
}

std::vector<LowRankJob> plan_low_rank(const CheckpointReader& base, const CheckpointReader& instruct,
                                      bool full_modules) {
  require_out_in(base);
  std::vector<LowRankJob> jobs;
  bool any = false;
  for (const TensorInfo& tensor : base.tensors()) {
    if (!has_arithmetic(tensor.dtype)) continue;
    LowRankJob job;
    job.pair = {&base, &tensor, &instruct, find_or_tied(instruct, tensor.name)};
    job.result.name = tensor.name;
    job.result.parameters = tensor.elements();
    job.result.kept = is_linear_weight(tensor) ? Kept::low_rank : full_modules ? Kept::whole : Kept::left_out;
    any = any || job.result.kept == Kept::low_rank;
    jobs.push_back(std::move(job));
  }
  if (any) return jobs;
  throw Error(ErrorKind::input, "the models have no matrix of a linear layer", base.path().string(),
              "extract the residual without --rank and --max-error");
}

}  // namespace evergreen
