#include "evergreen/residual/residual.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/residual/operation.hpp"
#include "evergreen/residual/residual_source.hpp"
#include "evergreen/residual/token_rows.hpp"

namespace evergreen {
namespace {

void append(std::vector<std::string>& notes, std::vector<std::string> more) {
  notes.insert(notes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// Before anything else of the inputs is looked at.
void require_beginning(const fs::path& out, const ResidualOptions& options) {
  require_sensible(options);
  require_new_output(out);
}

// c0 and b, where there are such, against a: rows by their tokens, where a tokenizer is known and they are not where they
// were. Notes what is special.
void align_rows_of(Operation& operation, const Role* c0, const Role* b, const Role& a,
                   const ResidualOptions& options) {
  std::vector<const Role*> sources;
  for (const Role* source : {b, c0}) {
    if (source != nullptr) sources.push_back(source);
  }
  std::map<const Role*, AlignedRows> aligned;
  bool moved = false;
  for (const Role* source : sources) {
    aligned[source] = align_roles(*source, a, options.added_tokens);
    append(operation.notes, notes_of(aligned[source], *source, a));
    moved = moved || !aligned[source].by_position();
  }
  if (!moved) return;
  RowAlignment rows;
  rows.b = aligned.at(b != nullptr ? b : c0).rows;
  rows.c0 = aligned.at(c0 != nullptr ? c0 : b).rows;
  rows.missing =
      options.added_tokens == AddedTokens::zero ? AddedTokens::zero : AddedTokens::keep;  // padding is left
  operation.combination.rows = std::move(rows);
}

// extract, all but its output.
Operation plan_extract(const CheckpointReader& base, const CheckpointReader& instruct,
                       const ResidualOptions& options) {
  Operation operation{.name = "extract", .inputs = {{"base", &base}, {"instruct model", &instruct}}};
  const Role &from = operation.inputs[0], &tuned = operation.inputs[1];
  require_model(from);
  require_model(tuned);
  align_rows_of(operation, nullptr, &from, tuned, options);
  append(operation.notes, require_compatible(from, tuned, operation.combination.rows.has_value()));
  operation.combination.terms = {{&instruct, &base}};
  operation.config_from = operation.tokenizer_from = instruct.directory();
  operation.tokenizer_role = tuned.name;
  return operation;
}

// The inputs of apply, as evergreen.json names them: "residual", or of several "residual 1", "adapter 2" and "base 2".
std::vector<Role> roles_of(const CheckpointReader& new_base, const std::vector<WeightedResidual>& residuals) {
  std::vector<Role> roles = {{"new base", &new_base}};
  for (size_t k = 0; k < residuals.size(); ++k) {
    std::vector<Role> inputs = {{"residual", residuals[k].reader}};
    if (residuals[k].source != nullptr) inputs = residuals[k].source->inputs();
    for (Role& input : inputs) {
      if (residuals.size() > 1) input.name += fmt::format(" {}", k + 1);
      roles.push_back(std::move(input));
    }
  }
  return roles;
}

// Where apply's output has its configuration and tokenizer from.
void set_files(Operation& operation, const WeightedResidual& first, const ResidualOptions& options) {
  const Role& residual = operation.inputs[1];
  operation.config_from = operation.inputs[0].reader->directory();
  operation.tokenizer_from = options.files_from.empty() ? residual.reader->directory() : options.files_from;
  operation.tokenizer_role = !options.files_from.empty() ? "directory of --files-from"
                                                         : (first.source == nullptr ? "residual" : "adapter");
  std::error_code failed;
  operation.tokenizer_config =
      first.source == nullptr || fs::exists(operation.tokenizer_from / "config.json", failed);
}

// apply's stored residuals against its new base, rows by tokens. What another kind of residual changes is checked by itself;
// its rows are the new base's, and so must the tokenizer's be that comes with it.
void require_fitting(Operation& operation, const std::vector<WeightedResidual>& residuals,
                     const ResidualOptions& options) {
  const Role& new_base = operation.inputs[0];
  size_t stored = 0;
  for (const Role& input : operation.inputs) {
    const auto is_input = [&](const WeightedResidual& one) { return one.reader == input.reader; };
    if (&input == &new_base || std::none_of(residuals.begin(), residuals.end(), is_input)) continue;
    require_residual(input);
    if (stored++ == 0) align_rows_of(operation, &new_base, nullptr, input, options);
    append(operation.notes, require_compatible(new_base, input, operation.combination.rows.has_value()));
  }
  if (operation.combination.rows && residuals.size() > 1) {
    throw Error(ErrorKind::input, "the rows of the new base and of several residuals are not in one order",
                operation.inputs[1].reader->path().string(), "apply the residuals one after the other");
  }
  if (stored == residuals.size()) return;
  if (options.added_tokens != AddedTokens::error) {
    throw Error(ErrorKind::usage, "a LoRA adapter has no rows for added tokens", "--added-tokens",
                "leave it out, or extract the residual without --rank");
  }
  if (options.model_files) require_same_rows(new_base, operation.tokenizer_from, operation.tokenizer_role);
}

}  // namespace

std::vector<std::string> require_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                                      const ResidualOptions& options) {
  return plan_extract(base, instruct, options).notes;
}

PairMeasure measure_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                         const ResidualOptions& options) {
  Operation operation = plan_extract(base, instruct, options);
  Combination& combination = operation.combination;
  combination.stage = "check";
  combination.dtype = Dtype::f64;  // where no difference is too large
  combination.threads = options.threads;
  combination.progress = options.progress;
  combination.stop = options.stop;
  const CombineResult result = combine(combination, nullptr);
  PairMeasure measure{make_report("measure", result), to_string(result.inputs.at(&base)),
                      to_string(result.inputs.at(&instruct))};
  measure.report.notes = operation.notes;
  return measure;
}

ResidualReport extract(const CheckpointReader& base, const CheckpointReader& instruct, const fs::path& out,
                       const ResidualOptions& options) {
  require_beginning(out, options);
  Operation operation = plan_extract(base, instruct, options);
  require_same_carried(operation.inputs[0], operation.inputs[1]);
  operation.combination.dtype = options.dtype.value_or(Dtype::f32);
  operation.combination.measure_loss = !operation.combination.rows;
  return run(std::move(operation), out, options);
}

ResidualReport apply(const CheckpointReader& new_base, const std::vector<WeightedResidual>& residuals,
                     const fs::path& out, const ResidualOptions& options) {
  require_beginning(out, options);
  if (residuals.empty()) throw Error(ErrorKind::usage, "there is no residual to apply", "--residual");
  Operation operation{.name = "apply", .inputs = roles_of(new_base, residuals)};
  require_model(operation.inputs[0]);
  set_files(operation, residuals.front(), options);
  require_fitting(operation, residuals, options);
  require_sensible(options.rules, new_base.tensors());
  operation.combination.c0 = &new_base;
  for (const WeightedResidual& residual : residuals) {
    operation.combination.terms.push_back({residual.reader, nullptr, residual.weight, residual.source});
  }
  operation.combination.scale = scale_rule(options);
  operation.combination.merge = options.merge;
  return run(std::move(operation), out, options);
}

ResidualReport apply(const CheckpointReader& new_base, const CheckpointReader& residual, const fs::path& out,
                     const ResidualOptions& options) {
  return apply(new_base, std::vector<WeightedResidual>{{&residual}}, out, options);
}

ResidualReport graft(const CheckpointReader& new_base, const CheckpointReader& base,
                     const CheckpointReader& instruct, const fs::path& out, const ResidualOptions& options) {
  require_beginning(out, options);
  Operation operation{.name = "graft",
                      .inputs = {{"new base", &new_base}, {"base", &base}, {"instruct model", &instruct}}};
  const Role &target = operation.inputs[0], &from = operation.inputs[1], &tuned = operation.inputs[2];
  for (const Role& input : operation.inputs) require_model(input);
  align_rows_of(operation, &target, &from, tuned, options);
  const bool aligned = operation.combination.rows.has_value();
  append(operation.notes, require_compatible(from, tuned, aligned));
  append(operation.notes, require_compatible(target, from, aligned));
  require_sensible(options.rules, new_base.tensors());
  operation.combination.c0 = &new_base;
  operation.combination.terms = {{&instruct, &base}};
  operation.combination.scale = scale_rule(options);
  operation.config_from = new_base.directory();
  operation.tokenizer_from = instruct.directory();
  operation.tokenizer_role = tuned.name;
  return run(std::move(operation), out, options);
}

}  // namespace evergreen
