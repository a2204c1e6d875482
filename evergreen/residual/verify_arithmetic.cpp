#include "evergreen/residual/verify_arithmetic.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/residual/element.hpp"
#include "evergreen/residual/reference_values.hpp"
#include "evergreen/residual/trim_thresholds.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kRun = 4096;                 // elements of a sampled run
constexpr uint64_t kSlice = uint64_t{1} << 18;  // read at once where all are checked

// A tensor of the output, and what should be in it.
struct TensorCheck {
  const TensorInfo* tensor = nullptr;
  TensorPlan plan;
  std::vector<double> thresholds;  // of TIES
};

struct Job {
  size_t tensor = 0;
  uint64_t first = 0, count = 0;
  // What was found.
  uint64_t wrong = 0, element = 0;
  double expected = 0, found = 0;
};

[[noreturn]] void throw_misfit(const std::string& what, const CheckpointReader& output) {
  throw Error(ErrorKind::input, what, output.path().string(), "pass the inputs that this output was made of");
}

void require_fit(const CheckpointReader& output, const TensorPlan& plan, const TensorInfo& tensor,
                 const Source& source) {
  const bool rows_aligned = !plan.pieces.empty();
  if (source.tensor == nullptr || rows_aligned || source.tensor->shape == tensor.shape) return;
  throw_misfit(
      fmt::format("tensor '{}' is {} in the output, but {} in {}", tensor.name, shape_text(tensor.shape),
                  shape_text(source.tensor->shape), source.reader->path().string()),
      output);
}

std::vector<TensorCheck> plan_checks(const CheckpointReader& output, const Combination& combination) {
  std::vector<TensorCheck> checks;
  for (TensorPlan& plan : plan_tensors(combination)) {
    const TensorInfo* tensor = output.find(plan.spec.name);
    if (tensor == nullptr) throw_misfit(fmt::format("the output has no tensor '{}'", plan.spec.name), output);
    if (tensor->shape != plan.spec.shape || has_arithmetic(tensor->dtype) == plan.carried) {
      throw_misfit(fmt::format("tensor '{}' is {} {} in the output, but these inputs make {} {}",
                               tensor->name, dtype_name(tensor->dtype), shape_text(tensor->shape),
                               dtype_name(plan.spec.dtype), shape_text(plan.spec.shape)),
                   output);
    }
    require_fit(output, plan, *tensor, plan.c0);
    for (const SourceTerm& term : plan.terms) {
      require_fit(output, plan, *tensor, term.a);
      require_fit(output, plan, *tensor, term.b);
    }
    plan.copied = plan.copied && plan.c0.tensor->dtype == tensor->dtype;
    plan.spec.dtype = tensor->dtype;
    checks.push_back({tensor, std::move(plan), {}});
  }
  if (checks.size() != output.tensors().size()) {
    throw_misfit(fmt::format("the output has {} tensors, but these inputs make {}", output.tensors().size(),
                             checks.size()),
                 output);
  }
  return checks;
}

double decoded_element(const TensorCheck& check, std::span<const std::byte> bytes) {
  double value = std::to_integer<int>(bytes.front());  // of a dtype without arithmetic: the first byte
  if (!check.plan.carried) decode(check.tensor->dtype, bytes, {&value, 1});
  return value;
}

void do_job(const CheckpointReader& output, const TensorCheck& check, const MergeOptions& merge, Job& job) {
  const auto bits = static_cast<size_t>(dtype_bits(check.tensor->dtype));
  std::vector<std::byte> found(job.count * bits / 8);
  output.read(*check.tensor, job.first, job.count, found);
  const std::vector<std::byte> expected =
      reference_values(check.plan, merge, check.thresholds, job.first, job.count);
  if (found == expected) return;
  const size_t size = std::max<size_t>(1, bits / 8);
  for (size_t at = 0; at < found.size(); at += size) {
    if (std::memcmp(found.data() + at, expected.data() + at, size) == 0) continue;
    if (job.wrong++ > 0) continue;
    job.element = job.first + at * 8 / bits;
    job.expected = decoded_element(check, std::span(expected).subspan(at, size));
    job.found = decoded_element(check, std::span(found).subspan(at, size));
  }
}

void add_jobs(const TensorInfo& tensor, size_t index, const ArithmeticOptions& options,
              std::vector<Job>& jobs) {
  const uint64_t elements = tensor.elements(), run = options.sample < 1 ? kRun : kSlice;
  const uint64_t runs = (elements + run - 1) / run;
  uint64_t wanted = runs;
  if (options.sample < 1) {
    wanted = static_cast<uint64_t>(std::ceil(options.sample * static_cast<double>(runs)));
    wanted = std::max<uint64_t>(1, wanted);
  }
  for (const uint64_t chosen :
       random_subset(wanted, runs, RandomStream(options.seed, "residual.verify." + tensor.name))) {
    jobs.push_back({index, chosen * run, std::min(run, elements - chosen * run)});
  }
}

void gather(const CheckpointReader& output, const std::vector<TensorCheck>& checks,
            const std::vector<Job>& jobs, ArithmeticReport& report) {
  std::vector<TensorMismatch> by_tensor(checks.size());
  for (const Job& job : jobs) {  // in order: the first wrong element that is found is the first in the tensor
    TensorMismatch& tensor = by_tensor[job.tensor];
    tensor.checked += job.count;
    report.checked += job.count;
    report.wrong += job.wrong;
    if (job.wrong > 0 && tensor.wrong == 0) {
      tensor.element = element_place(job.element, checks[job.tensor].tensor->shape);
      tensor.expected = job.expected;
      tensor.found = job.found;
    }
    tensor.wrong += job.wrong;
  }
  for (size_t i = 0; i < checks.size(); ++i) {
    report.elements += checks[i].tensor->elements();
    if (by_tensor[i].wrong == 0) continue;
    by_tensor[i].tensor = checks[i].tensor->name;
    by_tensor[i].file = output.shard_of(*checks[i].tensor).string();
    report.mismatches.push_back(std::move(by_tensor[i]));
  }
}

// Whether the inputs are still those the output was made of: reads them whole.
std::vector<std::string> changed_inputs(const Provenance& provenance, const ArithmeticInputs& inputs,
                                        int threads) {
  std::vector<std::string> changed;
  for (const auto& [role, reader] : inputs.by_role()) {
    for (const ProvenanceInput& recorded : provenance.inputs) {
      if (recorded.role != role) continue;
      if (to_string(reader->content_hash(threads)) != recorded.hash) changed.push_back(role);
    }
  }
  return changed;
}

class Verification {
 public:
  Verification(const CheckpointReader& output, const RecordedCombination& recorded,
               const ArithmeticOptions& options)
      : output_(output),
        options_(options),
        merge_(recorded.combination.merge),
        checks_(plan_checks(output, recorded.combination)) {
    for (size_t i = 0; i < checks_.size(); ++i) add_jobs(*checks_[i].tensor, i, options, jobs_);
    for (const Job& job : jobs_) total_ += static_cast<double>(job.count);
  }

  void run(ArithmeticReport& report) {
    if (merge_.method == MergeMethod::ties) find_thresholds();
    parallel_for(static_cast<int64_t>(jobs_.size()), options_.threads, [&](int64_t i) {
      throw_if_stopped(options_.stop, "verify");
      Job& job = jobs_[static_cast<size_t>(i)];
      do_job(output_, checks_[job.tensor], merge_, job);
      tell(job.count);
    });
    report.tensors = checks_.size();
    gather(output_, checks_, jobs_, report);
  }

 private:
  void find_thresholds() {
    parallel_for(static_cast<int64_t>(checks_.size()), options_.threads, [&](int64_t i) {
      throw_if_stopped(options_.stop, "verify");
      TensorCheck& check = checks_[static_cast<size_t>(i)];
      if (!check.plan.carried) check.thresholds = trim_thresholds(check.plan, merge_.density);
    });
  }

  void tell(uint64_t elements) {
    if (!options_.progress) return;
    const std::lock_guard lock(mutex_);
    done_ += static_cast<double>(elements);
    options_.progress({"arithmetic", done_, total_, "parameters", {}});
  }

  const CheckpointReader& output_;
  const ArithmeticOptions& options_;
  MergeOptions merge_;
  std::vector<TensorCheck> checks_;
  std::vector<Job> jobs_;
  std::mutex mutex_;
  double done_ = 0, total_ = 0;
};

}  // namespace

ArithmeticReport verify_arithmetic(const CheckpointReader& output, const Provenance& provenance,
                                   const ArithmeticInputs& inputs, const ArithmeticOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const RecordedCombination recorded = recorded_combination(output, provenance, inputs);
  ArithmeticReport report;
  report.operation = recorded.operation;
  report.scale = recorded.scale;
  report.sample = std::min(1.0, options.sample);
  report.seed = options.seed;
  Verification(output, recorded, options).run(report);
  if (!report.holds()) report.changed_inputs = changed_inputs(provenance, inputs, options.threads);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

std::string describe_mismatches(const ArithmeticReport& report) {
  const TensorMismatch& first = report.mismatches.at(0);
  std::string text = fmt::format("element {} of tensor '{}' is {}, but {} gives {}", first.element,
                                 first.tensor, first.found, report.operation, first.expected);
  if (!report.scale.empty()) text += fmt::format(" with scale {}", report.scale);
  if (report.wrong > 1) {
    text += fmt::format("; {} of {} elements checked differ, in {} of {} tensors", report.wrong,
                        report.checked, report.mismatches.size(), report.tensors);
  }
  return text;
}

std::string to_json_text(const ArithmeticReport& report) {
  OrderedJson json = {
      {"operation", report.operation}, {"holds", report.holds()},   {"scale", report.scale},
      {"sample", report.sample},       {"seed", report.seed},       {"tensors", report.tensors},
      {"elements", report.elements},   {"checked", report.checked}, {"wrong", report.wrong}};
  json["mismatches"] = OrderedJson::array();
  for (const TensorMismatch& tensor : report.mismatches) {
    json["mismatches"].push_back({{"tensor", tensor.tensor},
                                  {"file", tensor.file},
                                  {"checked", tensor.checked},
                                  {"wrong", tensor.wrong},
                                  {"element", tensor.element},
                                  {"expected", tensor.expected},
                                  {"found", tensor.found}});
  }
  json["changed_inputs"] = report.changed_inputs;
  json["seconds"] = report.seconds;
  return to_text(json);
}

}  // namespace evergreen
