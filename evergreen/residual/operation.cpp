#include "evergreen/residual/operation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/checkpoint/model_files.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/residual/model_card.hpp"
#include "evergreen/residual/token_rows.hpp"

namespace evergreen {
namespace {

// What changes the result, in words.
std::map<std::string, std::string> settings_of(const Operation& operation, const ResidualOptions& options) {
  std::map<std::string, std::string> settings;
  if (operation.name != "extract") {
    settings["scale"] = fmt::format("{}", options.scale);
    if (!options.rules.empty()) settings["scale by tensor"] = options.rules.text();
  }
  const Combination& combination = operation.combination;
  if (combination.terms.size() > 1 || combination.merge.method != MergeMethod::sum) {
    std::string weights;
    for (const CombineTerm& term : combination.terms) {
      weights += fmt::format("{}{}", weights.empty() ? "" : ", ", term.weight);
    }
    settings["weights"] = weights;
    settings["merge"] = merge_method_name(combination.merge.method);
  }
  if (combination.merge.method != MergeMethod::sum)
    settings["density"] = fmt::format("{}", combination.merge.density);
  if (combination.rows) settings["added-tokens"] = added_tokens_name(combination.rows->missing);
  settings["dtype"] = combination.dtype ? std::string(dtype_name(*combination.dtype)) : "as the new base";
  return settings;
}

// The files that make an input: its shards; of one that is named by its directory (an adapter, whose configuration counts
// too) all that lie there.
std::vector<fs::path> files_of(const Role& input) {
  if (input.path.empty()) return input.reader->shards();
  std::vector<fs::path> files;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator(input.path, failed))
    if (entry.is_regular_file(failed)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// What tells an interrupted run, or another process, that its inputs are the same, without reading them: names, sizes and
// times of files. Machines may know a shared directory by other paths.
std::string identity_of(const Operation& operation, const ResidualOptions& options) {
  std::string text = operation.name;
  for (const auto& [name, value] : settings_of(operation, options))
    text += fmt::format("\n{}={}", name, value);
  text += fmt::format("\nseed={}", operation.combination.merge.seed);
  for (const Role& input : operation.inputs) {
    for (const fs::path& file : files_of(input)) {
      std::error_code failed;
      text += fmt::format("\n{} {} {} {}", input.name, file.filename().string(), fs::file_size(file, failed),
                          fs::last_write_time(file, failed).time_since_epoch().count());
    }
  }
  return to_string(hash_text(text));
}

// Writes past the cache wait for the disk: while half of the workers do, the others compute.
int workers(const ResidualOptions& options) {
  if (options.threads > 0 || !options.sync) return options.threads;
  return 2 * thread_count();
}

WriterOptions writer_options(const Operation& operation, const ResidualOptions& options) {
  WriterOptions writing;
  writing.max_shard_bytes = options.max_shard_bytes;
  writing.sync = options.sync;
  writing.past_cache = options.sync;  // where all must reach the disk before the end, the cache is a detour
  writing.journal_bytes = options.journal_bytes;
  writing.plan_id = identity_of(operation, options);
  if (options.part) writing.part = options.part->index;
  writing.continue_only = options.finish;
  if (operation.name == "extract") writing.metadata[kResidualMetadataKey] = kResidualMetadataValue;
  return writing;
}

Provenance provenance_of(const Operation& operation, const CombineResult& result,
                         const ResidualOptions& options) {
  Provenance provenance;
  provenance.command = options.command.empty() ? "residual " + operation.name : options.command;
  provenance.settings = settings_of(operation, options);
  for (const Role& input : operation.inputs) {
    const fs::path& path = input.path.empty() ? input.reader->path() : input.path;
    provenance.inputs.push_back({input.name, path.string(), to_string(result.inputs.at(input.reader))});
  }
  if (operation.combination.merge.method == MergeMethod::dare)
    provenance.seed = operation.combination.merge.seed;
  provenance.weights_hash = to_string(result.output);
  for (const auto& [tensor, hash] : result.output_tensors) provenance.tensors[tensor] = to_string(hash);
  return provenance;
}

void put_files(const Operation& operation, const Provenance& provenance, const ResidualReport& report,
               const ResidualOptions& options, CheckpointWriter& out) {
  if (options.model_files) {
    std::optional<int64_t> vocab_size;
    if (operation.combination.rows) vocab_size = static_cast<int64_t>(operation.combination.rows->b.size());
    const fs::path& tokens = operation.tokenizer_config ? operation.tokenizer_from : operation.config_from;
    out.put_file("config.json",
                 merge_config_json(operation.config_from, tokens, operation.combination.dtype, vocab_size));
    copy_tokenizer_files(operation.tokenizer_from, out);
    copy_model_files(operation.config_from, out);
    out.put_file("README.md",
                 make_model_card(out.out().filename().string(), provenance, report, options.command));
  }
  out.put_file(kProvenanceFile, to_json_text(provenance));
}

void require_files(const Operation& operation) {
  require_config(operation.config_from, operation.inputs.front().name);
  if (operation.tokenizer_config) require_config(operation.tokenizer_from, operation.tokenizer_role);
  require_tokenizer(operation.tokenizer_from, operation.tokenizer_role);
}

ResidualReport report_of(const Operation& operation, const CombineResult& result) {
  ResidualReport report = make_report(operation.name, result);
  report.notes = operation.notes;
  report.part = operation.combination.part;
  if (!report.part) report.weights_hash = to_string(result.output);
  if (operation.combination.measure_loss) report.loss = store_loss(result, *operation.combination.dtype);
  return report;
}

bool is_fault_of_inputs(const Error& error) {
  return error.kind() == ErrorKind::input || error.kind() == ErrorKind::usage;
}

}  // namespace

void require_sensible(const ResidualOptions& options) {
  if (!std::isfinite(options.scale)) {
    throw Error(ErrorKind::usage, fmt::format("the scale {} is not a finite number", options.scale),
                "--scale", "1 is the paper's");
  }
  const double density = options.merge.density;
  if (!(density > 0 && density <= 1)) {
    throw Error(ErrorKind::usage, fmt::format("the density {} is not above 0 and at most 1", density),
                "--density", "the papers keep 0.1 to 0.5");
  }
  if (options.part && (options.part->index < 0 || options.part->index >= options.part->count)) {
    throw Error(ErrorKind::usage,
                fmt::format("there is no part {} of {}", options.part->index + 1, options.part->count),
                "--part", "parts are counted from 1: --part 1/4 to --part 4/4");
  }
  if (options.part && options.finish) {
    throw Error(ErrorKind::usage, "a part does not finish the whole", "--finish",
                "run all parts, then the same command with --finish and without --part");
  }
  if (options.dtype && !has_arithmetic(*options.dtype)) {
    throw Error(ErrorKind::usage, fmt::format("{} is not a dtype for weights", dtype_name(*options.dtype)),
                {}, "use bf16, f16, f32 or f64");
  }
}

ScaleRule scale_rule(const ResidualOptions& options) {
  return [rules = options.rules, scale = options.scale](const std::string& name) {
    return rules.of(name, scale);
  };
}

ResidualReport run(Operation operation, const fs::path& out, const ResidualOptions& options) {
  Combination& combination = operation.combination;
  combination.stage = operation.name;
  if (!combination.dtype) combination.dtype = options.dtype;
  combination.part = options.part;
  combination.finish_only = options.finish;
  combination.threads = workers(options);
  combination.progress = options.progress;
  combination.stop = options.stop;
  if (options.model_files) require_files(operation);
  // Only now is anything written.
  CheckpointWriter writer(out, plan_output(combination), writer_options(operation, options));
  try {
    const CombineResult result = combine(combination, &writer);
    ResidualReport report = report_of(operation, result);
    if (options.part) return report;  // the writer's end records what was done
    put_files(operation, provenance_of(operation, result, options), report, options, writer);
    writer.publish();
    return report;
  } catch (const Error& error) {
    if (is_fault_of_inputs(error) && !options.part && !options.finish) writer.discard();
    throw;
  }
}

}  // namespace evergreen
