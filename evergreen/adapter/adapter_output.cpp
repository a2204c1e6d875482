#include "evergreen/adapter/adapter_output.hpp"

#include <algorithm>
#include <set>

#include "evergreen/base/json.hpp"
#include "evergreen/residual/combine.hpp"
#include "evergreen/residual/model_card.hpp"

namespace evergreen {
namespace {

using Kept = LowRankTensor::Kept;

constexpr const char* kOutputLayer = "lm_head.weight";

std::string part_name(const LowRankJob& job, AdapterPart part) {
  return adapter_name({module_of(job.result.name), part});
}

bool is_beside_product(const AdapterOutput& output, const std::string& tensor) {
  const TensorInfo* weight = output.base.find(module_of(tensor) + ".weight");
  return weight != nullptr && is_linear_weight(*weight);
}

std::string whole_name(const AdapterOutput& output, const std::string& tensor) {
  return is_beside_product(output, tensor) ? base_layer_name(tensor)
                                           : adapter_name({tensor, AdapterPart::whole});
}

Json config_of(const fs::path& directory) {
  std::error_code failed;
  const fs::path path = directory / "config.json";
  return fs::exists(path, failed) ? read_json(path) : Json::object();
}

void name_modules(const AdapterOutput& output, AdapterConfig& config) {
  std::set<std::string> products, whole;
  for (const LowRankJob& job : output.jobs) {
    const std::string module = module_of(job.result.name), last = module.substr(module.rfind('.') + 1);
    if (job.result.kept == Kept::low_rank) products.insert(last);
    if (job.result.kept != Kept::whole) continue;
    if (is_beside_product(output, job.result.name)) {
      config.bias = "all";
    } else {
      whole.insert(last);
    }
  }
  config.target_modules.assign(products.begin(), products.end());
  config.modules_to_save.assign(whole.begin(), whole.end());
}

// r is the largest, as vLLM takes it for all; PEFT finds the others in the patterns. alpha / r is 1 everywhere.
void set_ranks(const AdapterOutput& output, AdapterConfig& config) {
  config.rank = 0;
  for (const LowRankJob& job : output.jobs) config.rank = std::max(config.rank, job.result.rank);
  config.alpha = static_cast<double>(config.rank);
  for (const LowRankJob& job : output.jobs) {
    if (job.result.kept != Kept::low_rank || job.result.rank == config.rank) continue;
    config.rank_pattern.emplace_back(module_of(job.result.name), job.result.rank);
    config.alpha_pattern.emplace_back(module_of(job.result.name), static_cast<double>(job.result.rank));
  }
}

class TensorCopy {
 public:
  TensorCopy(CheckpointWriter& writer, ContentHash& hash) : writer_(writer), hash_(hash) {}

  void put(const std::string& name, const std::vector<std::byte>& bytes) {
    BlockHashStream stream;
    stream.update(bytes);
    hash_.add_blocks(name, 0, stream.finish());
    writer_.write(writer_.get(name), 0, bytes);
  }

  void put(const std::string& name, const CheckpointReader& reader, const TensorInfo& from) {
    constexpr uint64_t kStep = uint64_t{1} << 20;
    BlockHashStream stream;
    std::vector<std::byte> bytes;
    for (uint64_t first = 0; first < from.elements(); first += kStep) {
      const uint64_t count = std::min(kStep, from.elements() - first);
      bytes.resize(count * static_cast<uint64_t>(dtype_bits(from.dtype)) / 8);
      reader.read(from, first, count, bytes);
      stream.update(bytes);
      writer_.write(writer_.get(name), first, bytes);
    }
    hash_.add_blocks(name, 0, stream.finish());
  }

 private:
  CheckpointWriter& writer_;
  ContentHash& hash_;
};

}  // namespace

bool needs_tied_output(const CheckpointReader& base, bool full_modules) {
  if (!full_modules || base.find(kOutputLayer) != nullptr) return false;
  return json_get_or<bool>(config_of(base.directory()), "tie_word_embeddings", false, "config.json") &&
         find_or_tied(base, kOutputLayer) != nullptr;
}

std::vector<TensorSpec> adapter_tensors(const AdapterOutput& output) {
  std::vector<TensorSpec> specs;
  for (const LowRankJob& job : output.jobs) {
    const TensorInfo& tensor = *job.pair.instruct_tensor;
    const int64_t rank = job.result.rank;
    if (job.result.kept == Kept::low_rank) {
      specs.push_back({part_name(job, AdapterPart::lora_a), output.dtype, {rank, tensor.shape[1]}});
      specs.push_back({part_name(job, AdapterPart::lora_b), output.dtype, {tensor.shape[0], rank}});
    } else if (job.result.kept == Kept::whole) {
      specs.push_back({whole_name(output, job.result.name), tensor.dtype, tensor.shape});
    }
  }
  if (output.tied_output) {
    const TensorInfo& tensor = *find_or_tied(output.instruct, kOutputLayer);
    specs.push_back({whole_name(output, kOutputLayer), tensor.dtype, tensor.shape});
  }
  return specs;
}

AdapterConfig adapter_config(const AdapterOutput& output) {
  AdapterConfig config;
  name_modules(output, config);
  set_ranks(output, config);
  config.ensure_weight_tying = output.tied_output;
  const std::string hub = hub_name(output.base.path());
  config.base_model = hub.find('/') != std::string::npos ? hub : output.base.path().string();
  const Json base_config = config_of(output.base.directory());
  const auto names = json_get_or<std::vector<std::string>>(base_config, "architectures", {}, "config.json");
  if (!names.empty() && names.front().ends_with("ForCausalLM")) config.task_type = "CAUSAL_LM";
  return config;
}

ContentHash write_adapter(const AdapterOutput& output, const FactorSpool& spool, CheckpointWriter& writer) {
  ContentHash hash(writer.tensors());
  TensorCopy copy(writer, hash);
  for (const LowRankJob& job : output.jobs) {
    if (job.result.kept == Kept::low_rank) {
      copy.put(part_name(job, AdapterPart::lora_a), spool.get(job.a));
      copy.put(part_name(job, AdapterPart::lora_b), spool.get(job.b));
    } else if (job.result.kept == Kept::whole) {
      copy.put(whole_name(output, job.result.name), output.instruct, *job.pair.instruct_tensor);
    }
  }
  if (output.tied_output) {
    copy.put(whole_name(output, kOutputLayer), output.instruct, *find_or_tied(output.instruct, kOutputLayer));
  }
  return hash;
}

}  // namespace evergreen
