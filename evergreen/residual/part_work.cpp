#include "evergreen/residual/part_work.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/residual/element.hpp"
#include "evergreen/residual/part_output.hpp"
#include "evergreen/residual/term_stream.hpp"

namespace evergreen {
namespace {

// A slice is 128 KiB of 16-bit elements: those of three inputs and the output stay in the second-level cache.
constexpr uint64_t kSlicesOfBlock = 128;

class PartWork {
 public:
  PartWork(const PartContext& context, const Part& part)
      : context_(context),
        plan_(context.plan),
        part_(part),
        piece_(piece_of(plan_, part)),
        c0_(plan_.c0, at(piece_.c0_first), hashed()),
        kept_(plan_.kept, at(piece_.a_first), false) {
    for (const SourceTerm& term : plan_.terms) {
      terms_.emplace_back(term, at(piece_.a_first), at(piece_.b_first), hashed());
    }
    if (context_.out != nullptr)
      output_.emplace(*context_.out, context_.out->get(plan_.spec.name), part_.first);
  }

  PartRecord run() {
    const uint64_t step = elements_of_blocks(plan_) / kSlicesOfBlock;
    for (first_ = part_.first; first_ < part_.first + part_.count; first_ += count_) {
      throw_if_stopped(context_.combination.stop, context_.combination.stage.c_str());
      count_ = std::min(step, part_.first + part_.count - first_);
      read_ = 0;
      const std::span<const std::byte> bytes = slice();
      if (hashed() && output_) out_hash_.update(bytes);
      context_.tell(count_, read_, output_ ? bytes.size() : 0);
    }
    if (output_) output_->finish();
    record_.blocks.push_back(c0_.finish());
    for (TermStream& term : terms_) {
      record_.blocks.push_back(term.a().finish());
      record_.blocks.push_back(term.b().finish());
    }
    record_.blocks.push_back(out_hash_.finish());
    return std::move(record_);
  }

 private:
  // A tensor whose rows are not aligned is one piece.
  static Piece piece_of(const TensorPlan& plan, const Part& part) {
    return plan.pieces.empty() ? Piece{} : plan.pieces[part.piece];
  }
  bool hashed() const { return plan_.pieces.empty(); }
  uint64_t at(uint64_t source_first) const { return source_first + part_.first - piece_.first; }

  std::span<const std::byte> slice() {
    if (plan_.carried) return carry();
    if (piece_.kind == Piece::Kind::kept) return keep();
    if (piece_.kind == Piece::Kind::zero) return zeros();
    const bool merged = context_.combination.merge.method != MergeMethod::sum && !plan_.copied;
    return merged ? merge() : compute();
  }

  std::span<const std::byte> take(SourceStream& stream) {
    const auto bytes = stream.read(count_);
    read_ += bytes.size();
    return bytes;
  }

  KernelTerm take(TermStream& stream) {
    const KernelTerm term = stream.read(count_);
    if (stream.a().exists()) read_ += term.a.bytes.size() + term.b.bytes.size();
    return term;
  }

  std::span<const std::byte> carry() {
    for (size_t k = 0; k < terms_.size(); ++k) {
      const auto a = take(terms_[k].a()), b = take(terms_[k].b());
      if (std::equal(a.begin(), a.end(), b.begin(), b.end())) continue;
      const SourceTerm& term = plan_.terms[k];
      throw_carried_differ(*term.b.reader, *term.b.tensor, *term.a.reader, *term.a.tensor);
    }
    return passed_on(take(c0_));
  }

  std::span<const std::byte> keep() {
    const std::span<std::byte> out = out_bytes();
    const KernelInput input{{kept_.dtype(), take(kept_)}, {}, count_, plan_.spec.dtype, false};
    KernelSums ignored;
    if (const auto fault = combine_slice(input, out, ignored)) throw_fault(*fault, plan_.kept);
    return out;
  }

  std::span<const std::byte> zeros() {
    const std::span<std::byte> out = out_bytes();
    std::ranges::fill(out, std::byte{0});
    return out;
  }

  std::span<const std::byte> compute() {
    kernel_terms_.clear();
    const std::span<const std::byte> start = take(c0_);
    for (TermStream& term : terms_) kernel_terms_.push_back(take(term));
    const bool measure_loss = context_.combination.measure_loss && !terms_.empty();
    const KernelInput input{{c0_.dtype(), start}, kernel_terms_, count_, plan_.spec.dtype, measure_loss};
    const bool computed = output_ && !plan_.copied;
    const std::span<std::byte> out = computed ? out_bytes() : std::span<std::byte>();
    if (const auto fault = combine_slice(input, out, record_.sums))
      throw_fault(*fault, operand_source(fault->operand), operand_computed(fault->operand));
    return plan_.copied ? passed_on(start) : out;
  }

  // The terms become one, in float64, which the kernel adds to c0 like any other.
  std::span<const std::byte> merge() {
    differences_.resize(terms_.size());
    merge_terms_.clear();
    for (size_t k = 0; k < terms_.size(); ++k) {
      subtract(k);
      const double threshold = context_.thresholds.empty() ? 0 : context_.thresholds[k];
      merge_terms_.push_back({plan_.terms[k].scale, threshold, differences_[k]});
    }
    added_.assign(count_, 0.0);
    if (!merge_terms_.empty()) {
      merge_terms(context_.combination.merge, plan_.spec.name, first_, merge_terms_, added_);
    }
    const KernelTerm term{plan_.merged_scale, {Dtype::f64, std::as_bytes(std::span(added_))}, {}};
    const auto start = take(c0_);
    const std::span<std::byte> out = out_bytes();
    const KernelInput input{{c0_.dtype(), start}, {&term, 1}, count_, plan_.spec.dtype, false};
    if (const auto fault = combine_slice(input, out, record_.sums)) throw_fault(*fault, plan_.c0);
    return out;
  }

  void subtract(size_t k) {
    KernelTerm term = take(terms_[k]);
    term.scale = 1;
    differences_[k].resize(count_);
    KernelSums ignored;
    const KernelInput input{{}, {&term, 1}, count_, Dtype::f64, false};
    if (const auto fault =
            combine_slice(input, std::as_writable_bytes(std::span(differences_[k])), ignored)) {
      throw_fault(*fault, fault->operand == 1 ? plan_.terms[k].a : plan_.terms[k].b, plan_.terms[k].computed);
    }
  }

  std::span<std::byte> out_bytes() {
    const uint64_t bytes = count_ * static_cast<uint64_t>(dtype_bits(plan_.spec.dtype)) / 8;
    if (output_) return output_->next(bytes);
    buffer_.resize(bytes);
    return buffer_;
  }

  std::span<const std::byte> passed_on(std::span<const std::byte> bytes) {
    if (output_) std::ranges::copy(bytes, output_->next(bytes.size()).begin());
    return bytes;
  }

  const Source& operand_source(int number) const {
    if (number == 0) return plan_.c0;
    const SourceTerm& term = plan_.terms.at(static_cast<size_t>(number - 1) / 2);
    return number % 2 == 1 ? term.a : term.b;
  }
  const ComputedTensor* operand_computed(int number) const {
    return number == 0 ? nullptr : plan_.terms.at(static_cast<size_t>(number - 1) / 2).computed;
  }

  // `computed`: the operand, where it is not stored in `source`.
  [[noreturn]] void throw_fault(const KernelFault& fault, const Source& source,
                                const ComputedTensor* computed = nullptr) const;

  const PartContext& context_;
  const TensorPlan& plan_;
  Part part_;
  Piece piece_;
  SourceStream c0_, kept_;
  std::vector<TermStream> terms_;
  std::optional<PartOutput> output_;
  BlockHashStream out_hash_;
  PartRecord record_;
  uint64_t first_ = 0, count_ = 0, read_ = 0;  // of the slice
  std::vector<std::byte> buffer_;              // of results that are measured and not kept
  std::vector<KernelTerm> kernel_terms_;
  std::vector<std::vector<double>> differences_;
  std::vector<MergeTerm> merge_terms_;
  std::vector<double> added_;
};

void PartWork::throw_fault(const KernelFault& fault, const Source& source,
                           const ComputedTensor* computed) const {
  const uint64_t element = first_ + fault.element;
  if (fault.kind == KernelFault::Kind::not_finite && computed != nullptr)
    throw_not_finite(element, plan_.spec.name, plan_.spec.shape, fault.value, computed->file());
  if (fault.kind == KernelFault::Kind::not_finite) {
    throw_not_finite(element, source.tensor->name, plan_.spec.shape, fault.value,
                     source.reader->shard_of(*source.tensor).string());
  }
  throw Error(ErrorKind::input,
              fmt::format("element {} of tensor '{}' would be {}, which is too large for {}",
                          element_place(element, plan_.spec.shape), plan_.spec.name, fault.value,
                          dtype_name(plan_.spec.dtype)),
              {}, "ask for an output dtype with a wider range");
}

}  // namespace

PartRecord do_part(const PartContext& context, const Part& part) { return PartWork(context, part).run(); }

void read_ahead(const TensorPlan& plan, const Part& part) {
  const Piece piece = plan.pieces.empty() ? Piece{} : plan.pieces[part.piece];
  const auto ahead = [&](const Source& source, uint64_t source_first) {
    if (source.tensor == nullptr) return;
    source.reader->read_ahead(*source.tensor, source_first + part.first - piece.first, part.count);
  };
  if (piece.kind == Piece::Kind::kept) ahead(plan.kept, piece.a_first);
  if (piece.kind != Piece::Kind::combined) return;
  ahead(plan.c0, piece.c0_first);
  for (const SourceTerm& term : plan.terms) {
    ahead(term.a, piece.a_first);
    ahead(term.b, piece.b_first);
  }
}

}  // namespace evergreen
