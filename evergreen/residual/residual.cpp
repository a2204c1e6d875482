#include "evergreen/residual/residual.hpp"

#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/model_card.hpp"
#include "evergreen/residual/model_files.hpp"

namespace evergreen {
namespace {

// One of the three operations, ready to run.
struct Operation {
  std::string name;          // "graft"
  std::vector<Role> inputs;  // in the order of evergreen.json
  Combination combination;
  fs::path config_from, tokenizer_from;  // the model whose configuration, and whose tokenizer the output has
  std::string tokenizer_role;
  std::vector<std::string> notes;
};

void append(std::vector<std::string>& notes, std::vector<std::string> more) {
  notes.insert(notes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void require_sensible(const ResidualOptions& options) {
  if (!std::isfinite(options.scale)) {
    throw Error(ErrorKind::usage, fmt::format("the scale {} is not a finite number", options.scale));
  }
  if (options.dtype && !has_arithmetic(*options.dtype)) {
    throw Error(ErrorKind::usage, fmt::format("{} is not a dtype for weights", dtype_name(*options.dtype)),
                {}, "use bf16, f16, f32 or f64");
  }
}

ScaleRule scale_rule(const ResidualOptions& options) {
  if (options.scale_of) return options.scale_of;
  return [scale = options.scale](const std::string&) { return scale; };
}

Combination with_options(Combination combination, const std::string& stage, const ResidualOptions& options) {
  combination.stage = stage;
  combination.dtype = combination.dtype ? combination.dtype : options.dtype;
  combination.threads = options.threads;
  combination.progress = options.progress;
  combination.stop = options.stop;
  return combination;
}

std::map<std::string, std::string> settings_of(const Operation& operation, const ResidualOptions& options) {
  std::map<std::string, std::string> settings;
  if (operation.name != "extract") {
    settings["scale"] = options.scale_of ? (options.scale_text.empty() ? "by tensor" : options.scale_text)
                                         : fmt::format("{}", options.scale);
  }
  const auto& dtype = operation.combination.dtype;
  settings["dtype"] = dtype ? std::string(dtype_name(*dtype)) : "as the new base";
  return settings;
}

// What tells an interrupted run that its inputs are the same, without reading them: names, sizes and times of files.
std::string identity_of(const Operation& operation, const ResidualOptions& options) {
  std::string text = operation.name;
  for (const auto& [name, value] : settings_of(operation, options))
    text += fmt::format("\n{}={}", name, value);
  for (const TensorInfo& tensor : operation.inputs.front().reader->tensors()) {
    if (options.scale_of) text += fmt::format("\n{} {}", tensor.name, options.scale_of(tensor.name));
  }
  for (const Role& input : operation.inputs) {
    for (const fs::path& shard : input.reader->shards()) {
      std::error_code failed;
      text += fmt::format("\n{} {} {} {}", input.name, shard.string(), fs::file_size(shard, failed),
                          fs::last_write_time(shard, failed).time_since_epoch().count());
    }
  }
  return to_string(hash_text(text));
}

WriterOptions writer_options(const Operation& operation, const ResidualOptions& options) {
  WriterOptions writing;
  writing.max_shard_bytes = options.max_shard_bytes;
  writing.sync = options.sync;
  writing.plan_id = identity_of(operation, options);
  if (operation.name == "extract") writing.metadata[kResidualMetadataKey] = kResidualMetadataValue;
  return writing;
}

Provenance provenance_of(const Operation& operation, const CombineResult& result,
                         const ResidualOptions& options) {
  Provenance provenance;
  provenance.command = options.command.empty() ? "residual " + operation.name : options.command;
  provenance.settings = settings_of(operation, options);
  for (const Role& input : operation.inputs) {
    provenance.inputs.push_back(
        {input.name, input.reader->path().string(), to_string(result.inputs.at(input.reader))});
  }
  provenance.weights_hash = to_string(result.output);
  return provenance;
}

void put_files(const Operation& operation, const Provenance& provenance, const ResidualReport& report,
               const ResidualOptions& options, CheckpointWriter& out) {
  if (options.model_files) {
    out.put_file("config.json", merge_config_json(operation.config_from, operation.tokenizer_from,
                                                  operation.combination.dtype));
    copy_tokenizer_files(operation.tokenizer_from, out);
    copy_model_files(operation.config_from, out);
    out.put_file("README.md",
                 make_model_card(out.out().filename().string(), provenance, report, options.command));
  }
  out.put_file(kProvenanceFile, to_json_text(provenance));
}

// Only now is anything written. A fault of the inputs leaves nothing; a stop leaves OUT.partial to be continued.
ResidualReport run(const Operation& operation, const fs::path& out, const ResidualOptions& options) {
  if (options.model_files) {
    require_config(operation.config_from, operation.inputs.front().name);
    require_config(operation.tokenizer_from, operation.tokenizer_role);
    require_tokenizer(operation.tokenizer_from, operation.tokenizer_role);
  }
  CheckpointWriter writer(out, plan_output(operation.combination), writer_options(operation, options));
  try {
    const CombineResult result = combine(operation.combination, &writer);
    ResidualReport report = make_report(operation.name, result);
    report.notes = operation.notes;
    report.weights_hash = to_string(result.output);
    if (operation.combination.measure_loss) report.loss = store_loss(result, *operation.combination.dtype);
    put_files(operation, provenance_of(operation, result, options), report, options, writer);
    writer.publish();
    return report;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::input || error.kind() == ErrorKind::usage) writer.discard();
    throw;
  }
}

}  // namespace

ResidualReport extract(const CheckpointReader& base, const CheckpointReader& instruct, const fs::path& out,
                       const ResidualOptions& options) {
  require_sensible(options);
  require_new_output(out);
  Operation operation = {
      "extract", {{"base", &base}, {"instruct model", &instruct}}, {}, {}, {}, "instruct model", {}};
  for (const Role& input : operation.inputs) require_model(input);
  append(operation.notes, require_compatible(operation.inputs[0], operation.inputs[1]));
  require_same_carried(operation.inputs[0], operation.inputs[1]);
  Combination combination;
  combination.terms = {{&instruct, &base, {}}};
  combination.dtype = options.dtype.value_or(Dtype::f32);
  combination.measure_loss = true;
  operation.combination = with_options(std::move(combination), "extract", options);
  operation.config_from = operation.tokenizer_from = instruct.directory();
  return run(operation, out, options);
}

ResidualReport apply(const CheckpointReader& new_base, const CheckpointReader& residual, const fs::path& out,
                     const ResidualOptions& options) {
  require_sensible(options);
  require_new_output(out);
  Operation operation = {"apply", {{"new base", &new_base}, {"residual", &residual}}, {}, {}, {}, "residual",
                         {}};
  require_model(operation.inputs[0]);
  require_residual(operation.inputs[1]);
  append(operation.notes, require_compatible(operation.inputs[0], operation.inputs[1]));
  Combination combination;
  combination.c0 = &new_base;
  combination.terms = {{&residual, nullptr, scale_rule(options)}};
  operation.combination = with_options(std::move(combination), "apply", options);
  operation.config_from = new_base.directory();
  operation.tokenizer_from = options.files_from.empty() ? residual.directory() : options.files_from;
  return run(operation, out, options);
}

ResidualReport graft(const CheckpointReader& new_base, const CheckpointReader& base,
                     const CheckpointReader& instruct, const fs::path& out, const ResidualOptions& options) {
  require_sensible(options);
  require_new_output(out);
  Operation operation = {"graft", {{"new base", &new_base}, {"base", &base}, {"instruct model", &instruct}},
                         {},      {},
                         {},      "instruct model",
                         {}};
  for (const Role& input : operation.inputs) require_model(input);
  append(operation.notes, require_compatible(operation.inputs[1], operation.inputs[2]));
  append(operation.notes, require_compatible(operation.inputs[0], operation.inputs[1]));
  Combination combination;
  combination.c0 = &new_base;
  combination.terms = {{&instruct, &base, scale_rule(options)}};
  operation.combination = with_options(std::move(combination), "graft", options);
  operation.config_from = new_base.directory();
  operation.tokenizer_from = instruct.directory();
  return run(operation, out, options);
}

}  // namespace evergreen
