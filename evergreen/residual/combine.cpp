#include "evergreen/residual/combine.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/residual/combine_plan.hpp"
#include "evergreen/residual/part_record.hpp"
#include "evergreen/residual/part_work.hpp"
#include "evergreen/residual/residual_source.hpp"
#include "evergreen/residual/trim_thresholds.hpp"

namespace evergreen {
namespace {

class CombineRun {
 public:
  CombineRun(const Combination& combination, CheckpointWriter* out)
      : combination_(combination),
        out_(out),
        plans_(plan_tensors(combination)),
        parts_(split(plans_)),
        records_(parts_.size()),
        share_(0, parts_.size()) {
    if (combination.part) share_ = share_of(*combination.part, parts_);
    for (size_t i = share_.first; i < share_.second; ++i) total_elements_ += parts_[i].count;
  }

  CombineResult run() {
    const auto start = std::chrono::steady_clock::now();
    restore();
    const std::vector<size_t> left = parts_left();
    if (combination_.finish_only && !left.empty()) throw_unfinished(left);
    if (combination_.merge.method == MergeMethod::ties) find_thresholds(left);
    const auto ahead = static_cast<size_t>(thread_count(combination_.threads));  // one part for each thread
    parallel_for(static_cast<int64_t>(left.size()), combination_.threads, [&](int64_t i) {
      const size_t next = static_cast<size_t>(i) + ahead;
      if (next < left.size()) read_ahead(plans_[parts_[left[next]].tensor], parts_[left[next]]);
      do_numbered(left[static_cast<size_t>(i)]);
    });
    CombineResult result = sums();
    if (!combination_.part) hash(result);
    result.bytes_read = bytes_read_;
    result.bytes_written = bytes_written_;
    result.continued_elements = continued_elements_;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  // Parts that this process or others did before.
  void restore() {
    if (out_ == nullptr) return;
    for (const std::string& note : out_->notes()) {
      std::optional<NotedPart> noted = from_note(note);
      if (!noted || noted->part >= parts_.size() || !is_whole(parts_[noted->part])) continue;
      records_[noted->part] = std::move(noted->record);
    }
    for (size_t i = share_.first; i < share_.second; ++i) {
      if (records_[i]) continued_elements_ += parts_[i].count;
    }
    done_elements_ = continued_elements_;
  }

  bool is_whole(const Part& part) const {
    return out_->is_written(out_->get(plans_[part.tensor].spec.name), part.first, part.count);
  }

  std::vector<size_t> parts_left() const {
    std::vector<size_t> left;
    for (size_t i = share_.first; i < share_.second; ++i) {
      if (!records_[i]) left.push_back(i);
    }
    return left;
  }

  [[noreturn]] void throw_unfinished(const std::vector<size_t>& left) const {
    const Part& first = parts_[left.front()];
    throw Error(
        ErrorKind::input,
        fmt::format("{} of {} slices are not done yet, the first from element {} of tensor '{}'", left.size(),
                    parts_.size(), first.first, plans_[first.tensor].spec.name),
        out_ == nullptr ? std::string() : out_->out().string(),
        "wait for the other parts, do again those that failed, or leave out --finish to do the rest here");
  }

  void find_thresholds(const std::vector<size_t>& left) {
    std::vector<size_t> tensors;
    for (const size_t i : left) {
      if (!plans_[parts_[i].tensor].carried) tensors.push_back(parts_[i].tensor);
    }
    tensors.erase(std::unique(tensors.begin(), tensors.end()), tensors.end());
    thresholds_.resize(plans_.size());
    parallel_for(static_cast<int64_t>(tensors.size()), combination_.threads, [&](int64_t i) {
      const size_t tensor = tensors[static_cast<size_t>(i)];
      throw_if_stopped(combination_.stop, combination_.stage.c_str());
      thresholds_[tensor] = trim_thresholds(plans_[tensor], combination_.merge.density);
    });
  }

  void do_numbered(size_t number) {
    const Part& part = parts_[number];
    const auto tell = [this](uint64_t elements, uint64_t read, uint64_t written) {
      advance(elements, read, written);
    };
    const std::vector<double> none;
    const PartContext context{combination_, plans_[part.tensor],
                              thresholds_.empty() ? none : thresholds_[part.tensor], out_, tell};
    records_[number] = do_part(context, part);
    if (out_ == nullptr) return;
    out_->note(to_note(number, *records_[number]));
    out_->write_back(out_->get(plans_[part.tensor].spec.name), part.first, part.count);
  }

  void advance(uint64_t elements, uint64_t read, uint64_t written) {
    const std::lock_guard lock(mutex_);
    bytes_read_ += read;
    bytes_written_ += written;
    done_elements_ += elements;
    if (!combination_.progress) return;
    combination_.progress({combination_.stage,
                           static_cast<double>(done_elements_),
                           static_cast<double>(total_elements_),
                           "parameters",
                           {}});
  }

  CombineResult sums() const {
    CombineResult result;
    for (const TensorPlan& plan : plans_) result.tensors.push_back({plan.spec.name, 0, plan.carried, {}});
    for (size_t i = share_.first; i < share_.second; ++i) {
      TensorSums& tensor = result.tensors[parts_[i].tensor];
      const KernelSums& part = records_[i]->sums;
      tensor.elements += parts_[i].count;
      tensor.sums.added_squares += part.added_squares;
      tensor.sums.base_squares += part.base_squares;
      tensor.sums.loss_squares += part.loss_squares;
      tensor.sums.loss_max = std::max(tensor.sums.loss_max, part.loss_max);
      tensor.sums.changed += part.changed;
    }
    return result;
  }

  // From the blocks that passed; what no slice needed, or needed out of order, is read now.
  void hash(CombineResult& result) const {
    std::map<const CheckpointReader*, ContentHash> inputs;
    for (const CheckpointReader* reader : readers()) inputs.emplace(reader, reader->tensors());
    std::optional<ContentHash> output;
    if (out_ != nullptr) output.emplace(out_->tensors());
    for (size_t i = 0; i < parts_.size(); ++i) add_blocks(parts_[i], *records_[i], inputs, output);
    for (auto& [reader, hash] : inputs) {
      reader->complete(hash, combination_.threads);
      result.inputs[reader] = hash.content();
    }
    if (!output) return;
    out_->complete(*output);
    result.output = output->content();
    for (const TensorInfo& tensor : out_->tensors())
      result.output_tensors[tensor.name] = output->tensor(tensor.name);
  }

  void add_blocks(const Part& part, const PartRecord& record,
                  std::map<const CheckpointReader*, ContentHash>& inputs,
                  std::optional<ContentHash>& output) const {
    const TensorPlan& plan = plans_[part.tensor];
    const auto block = [&](Dtype dtype) {
      return part.first * static_cast<uint64_t>(dtype_bits(dtype)) / 8 / kHashBlockBytes;
    };
    const auto add = [&](const Source& source, const std::vector<Hash128>& blocks) {
      if (blocks.empty()) return;
      inputs.at(source.reader).add_blocks(source.tensor->name, block(source.tensor->dtype), blocks);
    };
    add(plan.c0, record.blocks.at(0));
    for (size_t k = 0; k < plan.terms.size(); ++k) {
      add(plan.terms[k].a, record.blocks.at(1 + 2 * k));
      add(plan.terms[k].b, record.blocks.at(2 + 2 * k));
    }
    if (output) output->add_blocks(plan.spec.name, block(plan.spec.dtype), record.blocks.back());
  }

  std::vector<const CheckpointReader*> readers() const {
    std::vector<const CheckpointReader*> all;
    if (combination_.c0 != nullptr) all.push_back(combination_.c0);
    for (const CombineTerm& term : combination_.terms) {
      if (term.a != nullptr) all.push_back(term.a);
      if (term.b != nullptr) all.push_back(term.b);
      if (term.source == nullptr) continue;
      for (const Role& input : term.source->inputs()) all.push_back(input.reader);
    }
    return all;
  }

  const Combination& combination_;
  CheckpointWriter* out_;
  std::vector<TensorPlan> plans_;
  std::vector<Part> parts_;
  std::vector<std::optional<PartRecord>> records_;  // by part
  std::vector<std::vector<double>> thresholds_;     // by tensor and term
  std::pair<size_t, size_t> share_;
  std::mutex mutex_;  // guards what follows
  uint64_t bytes_read_ = 0, bytes_written_ = 0, done_elements_ = 0, total_elements_ = 0,
           continued_elements_ = 0;
};

}  // namespace

void throw_carried_differ(const CheckpointReader& left, const TensorInfo& left_tensor,
                          const CheckpointReader& right, const TensorInfo& right_tensor) {
  throw Error(
      ErrorKind::input,
      fmt::format("tensor '{}' is {} and differs between the two models; evergreen computes with F16, BF16, "
                  "F32 and F64 and carries others only where they are the same",
                  left_tensor.name, dtype_name(left_tensor.dtype)),
      fmt::format("{} and {}", left.shard_of(left_tensor).string(), right.shard_of(right_tensor).string()),
      "use checkpoints that are not quantised");
}

CombineResult combine(const Combination& combination, CheckpointWriter* out) {
  return CombineRun(combination, out).run();
}

}  // namespace evergreen
