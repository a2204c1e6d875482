#include "evergreen/residual/combine.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/residual/combine_plan.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kSlicesOfBlock = 8;  // a slice is 2 MiB of 16-bit elements, 8 MiB of 64-bit ones

std::string element_text(uint64_t element, const std::vector<int64_t>& shape) {
  if (shape.size() < 2) return fmt::format("element {}", element);
  std::vector<int64_t> index(shape.size());
  uint64_t rest = element;
  for (size_t axis = shape.size(); axis-- > 0;) {
    index[axis] = static_cast<int64_t>(rest % static_cast<uint64_t>(shape[axis]));
    rest /= static_cast<uint64_t>(shape[axis]);
  }
  return fmt::format("element {}", shape_text(index));
}

const Source& operand_source(const TensorPlan& plan, int number) {
  if (number == 0) return plan.c0;
  const SourceTerm& term = plan.terms.at(static_cast<size_t>(number - 1) / 2);
  return number % 2 == 1 ? term.a : term.b;
}

[[noreturn]] void throw_fault(const TensorPlan& plan, const KernelFault& fault, uint64_t first) {
  const std::string element = element_text(first + fault.element, plan.spec.shape);
  if (fault.kind == KernelFault::Kind::not_finite) {
    const Source& source = operand_source(plan, fault.operand);
    throw Error(ErrorKind::input,
                fmt::format("{} of tensor '{}' is {}", element, source.tensor->name,
                            std::isnan(fault.value) ? "NaN"
                            : fault.value > 0       ? "infinite"
                                                    : "minus infinite"),
                source.reader->shard_of(*source.tensor).string(),
                "the file is damaged or its training diverged: use one without such values");
  }
  throw Error(ErrorKind::input,
              fmt::format("{} of tensor '{}' would be {}, which is too large for {}", element, plan.spec.name,
                          fault.value, dtype_name(plan.spec.dtype)),
              {}, "ask for an output dtype with a wider range");
}

class CombineRun {
 public:
  CombineRun(const Combination& combination, CheckpointWriter* out)
      : combination_(combination), out_(out), plans_(plan_tensors(combination)), parts_(split(plans_)) {
    for (const CheckpointReader* reader : readers()) hashes_.emplace(reader, reader->tensors());
    if (out_ != nullptr) out_hash_ = std::make_unique<ContentHash>(out_->tensors());
    for (const Part& part : parts_) total_elements_ += part.count;
  }

  CombineResult run() {
    const auto start = std::chrono::steady_clock::now();
    std::vector<KernelSums> sums(parts_.size());
    parallel_for(static_cast<int64_t>(parts_.size()), combination_.threads, [&](int64_t i) {
      const auto index = static_cast<size_t>(i);
      do_part(parts_[index], sums[index]);
    });
    CombineResult result;
    for (const TensorPlan& plan : plans_) result.tensors.push_back({plan.spec.name, 0, plan.carried, {}});
    for (size_t i = 0; i < parts_.size(); ++i)
      add(result.tensors[parts_[i].tensor], sums[i], parts_[i].count);
    for (auto& [reader, hash] : hashes_) {
      reader->complete(hash, combination_.threads);  // what no output tensor needed
      result.inputs[reader] = hash.content();
    }
    if (out_hash_) result.output = out_hash_->content();
    result.bytes_read = bytes_read_;
    result.bytes_written = bytes_written_;
    result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

 private:
  // An input that streams by in slices, hashed on its way.
  class Stream {
   public:
    Stream(const Source& source, uint64_t first, std::map<const CheckpointReader*, ContentHash>& hashes)
        : source_(source) {
      if (source.tensor == nullptr || source.tied) return;
      const uint64_t byte = first * static_cast<uint64_t>(dtype_bits(source.tensor->dtype)) / 8;
      hash_.emplace(hashes.at(source.reader), source.tensor->name, byte / kHashBlockBytes);
    }

    std::span<const std::byte> read(uint64_t first, uint64_t count) {
      if (source_.tensor == nullptr) return {};
      buffer_.resize(count * static_cast<uint64_t>(dtype_bits(source_.tensor->dtype)) / 8);
      source_.reader->read(*source_.tensor, first, count, buffer_);
      if (hash_) hash_->update(buffer_);
      return buffer_;
    }

    void finish() {
      if (hash_) hash_->finish();
    }
    Dtype dtype() const { return source_.tensor == nullptr ? Dtype::f32 : source_.tensor->dtype; }

   private:
    Source source_;
    std::optional<TensorHashStream> hash_;
    std::vector<std::byte> buffer_;
  };

  struct TermStreams {
    double scale;
    Stream a, b;
  };

  std::set<const CheckpointReader*> readers() const {
    std::set<const CheckpointReader*> all;
    if (combination_.c0 != nullptr) all.insert(combination_.c0);
    for (const CombineTerm& term : combination_.terms) {
      all.insert(term.a);
      if (term.b != nullptr) all.insert(term.b);
    }
    return all;
  }

  void do_part(const Part& part, KernelSums& sums) {
    const TensorPlan& plan = plans_[part.tensor];
    const uint64_t step = elements_of_blocks(plan) / kSlicesOfBlock;
    Stream c0(plan.c0, part.first, hashes_);
    std::vector<TermStreams> terms;
    for (const SourceTerm& term : plan.terms) {
      terms.push_back({term.scale, Stream(term.a, part.first, hashes_), Stream(term.b, part.first, hashes_)});
    }
    std::optional<TensorHashStream> out_hash;
    if (out_ != nullptr) {
      const uint64_t byte = part.first * static_cast<uint64_t>(dtype_bits(plan.spec.dtype)) / 8;
      out_hash.emplace(*out_hash_, plan.spec.name, byte / kHashBlockBytes);
    }
    std::vector<std::byte> buffer;
    for (uint64_t first = part.first; first < part.first + part.count; first += step) {
      throw_if_stopped(combination_.stop, combination_.stage.c_str());
      const uint64_t count = std::min(step, part.first + part.count - first);
      const std::span<const std::byte> bytes =
          plan.carried ? carry_slice(plan, c0, terms, first, count)
                       : compute_slice(plan, c0, terms, first, count, buffer, sums);
      if (out_hash) out_hash->update(bytes);
      if (out_ != nullptr) write(plan, first, count, bytes);
      tell_progress(count);
    }
    c0.finish();
    for (TermStreams& term : terms) {
      term.a.finish();
      term.b.finish();
    }
    if (out_hash) out_hash->finish();
  }

  std::span<const std::byte> carry_slice(const TensorPlan& plan, Stream& c0, std::vector<TermStreams>& terms,
                                         uint64_t first, uint64_t count) {
    for (size_t k = 0; k < terms.size(); ++k) {
      const auto a = terms[k].a.read(first, count), b = terms[k].b.read(first, count);
      count_read(a.size() + b.size());
      if (std::equal(a.begin(), a.end(), b.begin(), b.end())) continue;
      const SourceTerm& term = plan.terms[k];
      throw_carried_differ(*term.b.reader, *term.b.tensor, *term.a.reader, *term.a.tensor);
    }
    const auto bytes = c0.read(first, count);
    count_read(bytes.size());
    return bytes;
  }

  std::span<const std::byte> compute_slice(const TensorPlan& plan, Stream& c0,
                                           std::vector<TermStreams>& terms, uint64_t first, uint64_t count,
                                           std::vector<std::byte>& buffer, KernelSums& sums) {
    std::vector<KernelTerm> kernel_terms;
    const std::span<const std::byte> start = c0.read(first, count);
    uint64_t read = start.size();
    for (TermStreams& term : terms) {
      const auto a = term.a.read(first, count), b = term.b.read(first, count);
      read += a.size() + b.size();
      kernel_terms.push_back({term.scale, {term.a.dtype(), a}, {term.b.dtype(), b}});
    }
    count_read(read);
    const KernelInput input{{c0.dtype(), start},
                            kernel_terms,
                            count,
                            plan.spec.dtype,
                            combination_.measure_loss && !terms.empty()};
    if (out_ != nullptr && !plan.copied)
      buffer.resize(count * static_cast<uint64_t>(dtype_bits(plan.spec.dtype)) / 8);
    if (const auto fault = combine_slice(input, buffer, sums)) throw_fault(plan, *fault, first);
    return plan.copied ? start : std::span<const std::byte>(buffer);
  }

  void write(const TensorPlan& plan, uint64_t first, uint64_t count, std::span<const std::byte> bytes) {
    const TensorInfo& tensor = out_->get(plan.spec.name);
    if (out_->is_written(tensor, first, count)) return;
    out_->write(tensor, first, bytes);
    bytes_written_ += bytes.size();
  }

  void count_read(uint64_t bytes) { bytes_read_ += bytes; }

  void tell_progress(uint64_t elements) {
    if (!combination_.progress) return;
    const std::lock_guard lock(progress_mutex_);
    done_elements_ += elements;
    combination_.progress({combination_.stage,
                           static_cast<double>(done_elements_),
                           static_cast<double>(total_elements_),
                           "parameters",
                           {}});
  }

  static void add(TensorSums& tensor, const KernelSums& part, uint64_t elements) {
    tensor.elements += elements;
    tensor.sums.added_squares += part.added_squares;
    tensor.sums.base_squares += part.base_squares;
    tensor.sums.loss_squares += part.loss_squares;
    tensor.sums.loss_max = std::max(tensor.sums.loss_max, part.loss_max);
    tensor.sums.changed += part.changed;
  }

  const Combination& combination_;
  CheckpointWriter* out_;
  std::vector<TensorPlan> plans_;
  std::vector<Part> parts_;
  std::map<const CheckpointReader*, ContentHash> hashes_;
  std::unique_ptr<ContentHash> out_hash_;
  std::atomic<uint64_t> bytes_read_{0}, bytes_written_{0};
  std::mutex progress_mutex_;
  uint64_t done_elements_ = 0, total_elements_ = 0;
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
