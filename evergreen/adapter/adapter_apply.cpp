#include "evergreen/adapter/adapter_apply.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/adapter/adapter_slices.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/residual/model_card.hpp"
#include "evergreen/residual/model_files.hpp"
#include "evergreen/residual/operation.hpp"

namespace evergreen {
namespace {

class AdapterRun {
 public:
  AdapterRun(const AdapterInputs& inputs, const ScaleRule& scale, const ResidualOptions& options)
      : inputs_(inputs),
        options_(options),
        new_base_hash_(inputs.new_base->tensors()),
        additions_(plan_additions(inputs, scale, options.dtype)) {
    for (const AdapterAddition& addition : additions_) total_ += addition.tensor->elements();
  }

  std::vector<TensorSpec> specs() const {
    std::vector<TensorSpec> specs;
    for (const AdapterAddition& addition : additions_) specs.push_back(addition.output);
    return specs;
  }

  CombineResult run(CheckpointWriter& writer) {
    const auto start = std::chrono::steady_clock::now();
    ContentHash hash(writer.tensors());
    CombineResult result;
    result.tensors.resize(additions_.size());
    const std::vector<size_t> order = largest_first();
    parallel_for(static_cast<int64_t>(order.size()), options_.threads, [&](int64_t i) {
      const size_t index = order[static_cast<size_t>(i)];
      do_tensor(additions_[index], writer, hash, result.tensors[index]);
    });
    result.inputs[inputs_.new_base] = new_base_hash_.content();
    result.inputs[&inputs_.adapter->reader()] = inputs_.adapter->reader().content_hash(options_.threads);
    if (inputs_.base != nullptr) result.inputs[inputs_.base] = inputs_.base->content_hash(options_.threads);
    result.output = hash.content();
    for (const TensorInfo& tensor : writer.tensors())
      result.output_tensors[tensor.name] = hash.tensor(tensor.name);
    result.bytes_read = bytes_read_;
    result.bytes_written = bytes_written_;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  // So that no thread begins a large one when the others are done.
  std::vector<size_t> largest_first() const {
    std::vector<size_t> order(additions_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return additions_[a].tensor->elements() > additions_[b].tensor->elements();
    });
    return order;
  }

  void do_tensor(const AdapterAddition& addition, CheckpointWriter& writer, ContentHash& hash,
                 TensorSums& sums) {
    const std::string& name = addition.tensor->name;
    const uint64_t elements = addition.tensor->elements();
    sums = {name, elements, !has_arithmetic(addition.tensor->dtype), {}};
    BlockHashStream new_base_hash, output_hash;
    AdapterSlices slices(inputs_, addition);
    for (uint64_t first = 0; first < elements; first += slices.step()) {
      throw_if_stopped(options_.stop, "apply");
      const uint64_t count = std::min(slices.step(), elements - first);
      const AdapterSlices::Slice slice = slices.compute(first, count, sums.sums);
      new_base_hash.update(slice.new_base);
      output_hash.update(slice.updated);
      const TensorInfo& output = writer.get(name);
      const bool written = writer.is_written(output, first, count);
      if (!written) writer.write(output, first, slice.updated);
      tell(count, slice.new_base.size(), written ? 0 : slice.updated.size());
    }
    new_base_hash_.add_blocks(name, 0, new_base_hash.finish());
    hash.add_blocks(name, 0, output_hash.finish());
  }

  void tell(uint64_t elements, uint64_t bytes_read, uint64_t bytes_written) {
    const std::lock_guard lock(mutex_);
    done_ += elements;
    bytes_read_ += bytes_read;
    bytes_written_ += bytes_written;
    if (!options_.progress) return;
    options_.progress({"apply", static_cast<double>(done_), static_cast<double>(total_), "parameters", {}});
  }

  const AdapterInputs& inputs_;
  const ResidualOptions& options_;
  ContentHash new_base_hash_;
  std::vector<AdapterAddition> additions_;
  std::mutex mutex_;
  uint64_t done_ = 0, total_ = 0, bytes_read_ = 0, bytes_written_ = 0;
};

fs::path files_directory(const AdapterInputs& inputs, const ResidualOptions& options) {
  return options.files_from.empty() ? inputs.adapter->directory() : options.files_from;
}

void require_files(const AdapterInputs& inputs, const ResidualOptions& options) {
  if (!options.model_files) return;
  require_config(inputs.new_base->directory(), "new base");
  const fs::path from = files_directory(inputs, options);
  try {
    require_tokenizer(from, options.files_from.empty() ? "adapter" : "directory of --files-from");
  } catch (const Error& error) {
    throw Error(error.kind(), error.problem(), error.where(),
                "pass the instruct model as --files-from, or ask for the weights alone (--weights-only)");
  }
}

std::map<std::string, std::string> settings_of(double weight, const ResidualOptions& options) {
  std::map<std::string, std::string> settings = {
      {"scale", fmt::format("{}", options.scale)},
      {"dtype", options.dtype ? std::string(dtype_name(*options.dtype)) : "as the new base"}};
  if (!options.rules.empty()) settings["scales"] = options.rules.text();
  if (weight != 1) settings["weight"] = fmt::format("{}", weight);
  return settings;
}

std::vector<Role> roles_of(const AdapterInputs& inputs) {
  std::vector<Role> roles = {{"new base", inputs.new_base}, {"adapter", &inputs.adapter->reader()}};
  if (inputs.base != nullptr) roles.push_back({"base", inputs.base});
  return roles;
}

// What tells an interrupted run that its inputs are the same, without reading them.
std::string identity_of(const AdapterInputs& inputs, const std::map<std::string, std::string>& settings) {
  std::string text = "apply adapter " + read_text(inputs.adapter->directory() / kAdapterConfigFile);
  for (const auto& [name, value] : settings) text += fmt::format("\n{}={}", name, value);
  for (const Role& role : roles_of(inputs)) {
    for (const fs::path& shard : role.reader->shards()) {
      std::error_code failed;
      text += fmt::format("\n{} {} {} {}", role.name, shard.string(), fs::file_size(shard, failed),
                          fs::last_write_time(shard, failed).time_since_epoch().count());
    }
  }
  return to_string(hash_text(text));
}

Provenance provenance_of(const AdapterInputs& inputs, const CombineResult& result,
                         const std::map<std::string, std::string>& settings, const ResidualOptions& options) {
  Provenance provenance;
  provenance.command = options.command.empty() ? "residual apply" : options.command;
  provenance.settings = settings;
  for (const Role& role : roles_of(inputs)) {
    const fs::path path = role.name == "adapter" ? inputs.adapter->directory() : role.reader->path();
    provenance.inputs.push_back({role.name, path.string(), to_string(result.inputs.at(role.reader))});
  }
  provenance.weights_hash = to_string(result.output);
  for (const auto& [tensor, hash] : result.output_tensors) provenance.tensors[tensor] = to_string(hash);
  return provenance;
}

void put_files(const AdapterInputs& inputs, const ResidualOptions& options, const Provenance& provenance,
               const ResidualReport& report, CheckpointWriter& writer) {
  if (options.model_files) {
    const fs::path config_from = inputs.new_base->directory(), files_from = files_directory(inputs, options);
    std::error_code failed;
    const bool has_config = fs::exists(files_from / "config.json", failed);
    writer.put_file("config.json",
                    merge_config_json(config_from, has_config ? files_from : config_from, options.dtype));
    copy_tokenizer_files(files_from, writer);
    copy_model_files(config_from, writer);
    writer.put_file("README.md",
                    make_model_card(writer.out().filename().string(), provenance, report, options.command));
  }
  writer.put_file(kProvenanceFile, to_json_text(provenance));
}

}  // namespace

ResidualReport apply_adapter(const CheckpointReader& new_base, const WeightedAdapter& adapter,
                             const fs::path& out, const ResidualOptions& options) {
  require_sensible(options);
  if (options.part || options.finish) {
    throw Error(ErrorKind::usage, "a LoRA adapter is applied by one process, not in parts");
  }
  require_sensible(options.rules, new_base.tensors());
  require_new_output(out);
  require_model({"new base", &new_base});
  const AdapterInputs inputs = {&new_base, adapter.adapter, adapter.base};
  const ScaleRule scale = [rule = scale_rule(options), weight = adapter.weight](const std::string& tensor) {
    return rule(tensor) * weight;
  };
  AdapterRun run(inputs, scale, options);
  require_files(inputs, options);
  const std::map<std::string, std::string> settings = settings_of(adapter.weight, options);
  WriterOptions writing;
  writing.max_shard_bytes = options.max_shard_bytes;
  writing.sync = options.sync;
  writing.plan_id = identity_of(inputs, settings);
  CheckpointWriter writer(out, run.specs(), writing);
  try {
    const CombineResult result = run.run(writer);
    ResidualReport report = make_report("apply", result);
    report.weights_hash = to_string(result.output);
    put_files(inputs, options, provenance_of(inputs, result, settings, options), report, writer);
    writer.publish();
    return report;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::input || error.kind() == ErrorKind::usage) writer.discard();
    throw;
  }
}

}  // namespace evergreen
