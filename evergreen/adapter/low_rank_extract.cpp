#include "evergreen/adapter/low_rank_extract.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include <fmt/format.h>

#include "evergreen/adapter/adapter_card.hpp"
#include "evergreen/adapter/adapter_output.hpp"
#include "evergreen/adapter/low_rank_matrix.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/model_files.hpp"
#include "evergreen/checkpoint/provenance.hpp"
#include "evergreen/checkpoint/staged_directory.hpp"
#include "evergreen/residual/compatibility.hpp"

namespace evergreen {
namespace {

using Kept = LowRankTensor::Kept;

void require_sensible(const LowRankExtractOptions& options) {
  const auto fail = [](const std::string& what, const std::string& next) {
    throw Error(ErrorKind::usage, what, {}, next);
  };
  if (options.rank < 0)
    fail(fmt::format("the rank {} is negative", options.rank), "give a rank of 1 or more");
  if (!(options.max_error >= 0 && options.max_error < 1)) {
    fail(fmt::format("the error {} is not between 0 and 1", options.max_error), "0.2 is a fifth of |R|");
  }
  if (options.rank == 0 && options.max_error == 0)
    fail("neither a rank nor an error is given", "ask for a rank, as 64");
  if (!has_arithmetic(options.dtype)) {
    fail(fmt::format("{} is not a dtype for weights", dtype_name(options.dtype)),
         "use bf16, f16, f32 or f64");
  }
  if (options.max_error > 0 && options.max_error <= rounding_loss(options.dtype)) {
    fail(fmt::format("rounding factors to {} alone may lose {:.2g}, more than the error {}",
                     dtype_name(options.dtype), rounding_loss(options.dtype), options.max_error),
         "use --dtype f32, or a larger error");
  }
}

class Extraction {
 public:
  Extraction(const CheckpointReader& base, const CheckpointReader& instruct, const fs::path& out,
             const LowRankExtractOptions& options)
      : base_(base),
        instruct_(instruct),
        out_(out),
        options_(options),
        jobs_(plan_low_rank(base, instruct, options.full_modules)),
        spool_(out),
        hashes_{ContentHash(base.tensors()), ContentHash(instruct.tensors())} {
    for (const LowRankJob& job : jobs_) total_ += job.result.parameters;
  }

  LowRankReport run(std::vector<std::string> notes) {
    const auto start = std::chrono::steady_clock::now();
    do_jobs();
    base_.complete(hashes_.base, options_.threads);  // what the residual has no part of
    instruct_.complete(hashes_.instruct, options_.threads);
    LowRankReport report = write(std::move(notes));
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

 private:
  // The largest first, so that no thread begins one when the others are done.
  void do_jobs() {
    std::vector<LowRankJob*> order;
    for (LowRankJob& job : jobs_) order.push_back(&job);
    std::stable_sort(order.begin(), order.end(), [](const LowRankJob* a, const LowRankJob* b) {
      return a->result.parameters > b->result.parameters;
    });
    parallel_for(static_cast<int64_t>(order.size()), options_.threads, [&](int64_t i) {
      LowRankJob& job = *order[static_cast<size_t>(i)];
      do_job(job);
      tell_progress(job.result.parameters);
    });
  }

  void do_job(LowRankJob& job) {
    const ResidualRows rows(job.pair, options_.stop);
    const KernelSums sums = rows.measure(hashes_);
    LowRankTensor& result = job.result;
    result.residual_squares = sums.added_squares;
    result.base_squares = sums.base_squares;
    if (result.kept == Kept::whole) result.bytes = job.pair.instruct_tensor->bytes();
    if (result.kept == Kept::left_out) result.error_squares = sums.added_squares;
    if (result.kept != Kept::low_rank) return;
    const LowRankRule rule = {options_.rank, options_.max_error, options_.seed, options_.dtype};
    const StoredFactors factors = low_rank_factors(rows.matrix(), result.name, rule);
    result.rank = factors.rank;
    result.error_squares = factors.error_squares;
    result.bytes = factors.a.size() + factors.b.size();
    job.within_max_error = factors.within_max_error;
    job.a = spool_.put(factors.a);
    job.b = spool_.put(factors.b);
  }

  void tell_progress(uint64_t parameters) {
    const std::lock_guard lock(progress_mutex_);
    done_ += parameters;
    if (!options_.progress) return;
    options_.progress({"extract", static_cast<double>(done_), static_cast<double>(total_), "parameters", {}});
  }

  LowRankReport write(std::vector<std::string> notes) {
    const AdapterOutput output = {base_, instruct_, jobs_, options_.dtype,
                                  needs_tied_output(base_, options_.full_modules)};
    WriterOptions writing;
    writing.stem = "adapter_model";
    writing.max_shard_bytes = UINT64_MAX;  // PEFT reads one file
    writing.metadata["evergreen"] = "adapter";
    writing.sync = options_.sync;
    CheckpointWriter writer(out_, adapter_tensors(output), writing);
    try {
      const ContentHash hash = write_adapter(output, spool_, writer);
      LowRankReport report = make_report(std::move(notes), to_string(hash.content()), writer);
      put_files(output, report, hash, writer);
      writer.publish();
      return report;
    } catch (const Error&) {
      writer.discard();  // without the factors nothing can go on from here
      throw;
    }
  }

  LowRankReport make_report(std::vector<std::string> notes, const std::string& hash,
                            const CheckpointWriter& writer) const {
    std::vector<LowRankTensor> results;
    for (const LowRankJob& job : jobs_) results.push_back(job.result);
    LowRankReport report = make_low_rank_report(std::move(results));
    report.dtype = dtype_name(options_.dtype);
    report.weights_hash = hash;
    report.notes = std::move(notes);
    for (const TensorInfo& tensor : writer.tensors()) report.bytes_written += tensor.bytes();
    add_notes(report);
    return report;
  }

  void add_notes(LowRankReport& report) const {
    uint64_t larger = 0, beyond = 0;
    for (const LowRankJob& job : jobs_) {
      const std::vector<int64_t>& shape = job.pair.base_tensor->shape;
      if (job.result.kept != Kept::low_rank) continue;
      if (job.result.rank * (shape[0] + shape[1]) > shape[0] * shape[1]) ++larger;
      if (!job.within_max_error) ++beyond;
    }
    const auto note = [&](bool holds, std::string text) {
      if (holds) report.notes.push_back(std::move(text));
    };
    const int64_t rank = report.low_rank.largest_rank;
    note(beyond > 0,
         fmt::format("{} matrices lose more than {} at rank {}", beyond, options_.max_error, options_.rank));
    note(larger > 0,
         fmt::format("the factors of {} matrices have more parameters than the matrix itself", larger));
    note(served_rank(rank) == 0,
         fmt::format("vLLM serves adapters up to rank {}, and this has {}", kMaxServedRank, rank));
    note(options_.full_modules, "vLLM loads no adapter with whole modules; peft does");
  }

  Provenance provenance(const LowRankReport& report, const ContentHash& hash) const {
    Provenance provenance;
    provenance.command = options_.command.empty() ? "residual extract" : options_.command;
    provenance.settings["dtype"] = dtype_name(options_.dtype);
    if (options_.rank > 0) provenance.settings["rank"] = fmt::format("{}", options_.rank);
    if (options_.max_error > 0) provenance.settings["max_error"] = fmt::format("{}", options_.max_error);
    provenance.settings["full_modules"] = options_.full_modules ? "true" : "false";
    provenance.seed = options_.seed;
    provenance.inputs = {
        {"base", base_.path().string(), to_string(hashes_.base.content())},
        {"instruct model", instruct_.path().string(), to_string(hashes_.instruct.content())}};
    provenance.weights_hash = report.weights_hash;
    provenance.tensors = hash.tensors();
    return provenance;
  }

  void put_files(const AdapterOutput& output, const LowRankReport& report, const ContentHash& hash,
                 CheckpointWriter& writer) const {
    const Provenance made = provenance(report, hash);
    writer.put_file(kAdapterConfigFile, make_adapter_config_json(adapter_config(output)));
    if (options_.model_files) {
      writer.copy_file(instruct_.directory() / "config.json");
      copy_tokenizer_files(instruct_.directory(), writer);
      writer.put_file("README.md",
                      make_adapter_card(writer.out().filename().string(), made, report, options_.command));
    }
    writer.put_file(kProvenanceFile, to_json_text(made));
  }

  const CheckpointReader& base_;
  const CheckpointReader& instruct_;
  fs::path out_;
  const LowRankExtractOptions& options_;
  std::vector<LowRankJob> jobs_;
  FactorSpool spool_;
  PairHashes hashes_;
  std::mutex progress_mutex_;
  uint64_t done_ = 0, total_ = 0;
};

}  // namespace

LowRankReport extract_low_rank(const CheckpointReader& base, const CheckpointReader& instruct,
                               const fs::path& out, const LowRankExtractOptions& options) {
  require_sensible(options);
  require_new_output(out);
  const Role left = {"base", &base}, right = {"instruct model", &instruct};
  require_model(left);
  require_model(right);
  std::vector<std::string> notes = require_compatible(left, right);
  require_same_carried(left, right);
  if (options.model_files) {
    require_config(instruct.directory(), right.name);
    require_tokenizer(instruct.directory(), right.name);
  }
  return Extraction(base, instruct, out, options).run(std::move(notes));
}

}  // namespace evergreen
