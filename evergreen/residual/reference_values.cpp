#include "evergreen/residual/reference_values.hpp"

#include <algorithm>
#include <string>

#include "evergreen/residual/residual_source.hpp"

namespace evergreen {
namespace {

std::vector<std::byte> read(const Source& source, uint64_t first, uint64_t count) {
  std::vector<std::byte> bytes(count * static_cast<uint64_t>(dtype_bits(source.tensor->dtype)) / 8);
  source.reader->read(*source.tensor, first, count, bytes);
  return bytes;
}

std::vector<double> values(const Source& source, uint64_t first, uint64_t count) {
  std::vector<double> decoded(count);
  decode(source.tensor->dtype, read(source, first, count), decoded);
  return decoded;
}

// Some elements of one piece: where they are in the output, and how far into the piece.
struct Run {
  uint64_t first = 0, count = 0, into = 0;
};

class Reference {
 public:
  Reference(const TensorPlan& plan, const MergeOptions& merge, const std::vector<double>& thresholds)
      : plan_(plan), merge_(merge), thresholds_(thresholds) {}

  std::vector<double> of(const Piece& piece, const Run& run) const {
    if (piece.kind == Piece::Kind::zero) return std::vector<double>(run.count, 0.0);
    if (piece.kind == Piece::Kind::kept) return values(plan_.kept, piece.a_first + run.into, run.count);
    const bool merged = merge_.method != MergeMethod::sum && !plan_.copied;
    return merged ? merge(piece, run) : sum(piece, run);
  }

 private:
  std::vector<double> differences(const SourceTerm& term, const Piece& piece, const Run& run) const {
    if (term.computed != nullptr) {
      const auto computed = term.computed->open(piece.a_first + run.into);
      const std::span<const double> d = computed->read(run.count);
      return {d.begin(), d.end()};
    }
    std::vector<double> d = values(term.a, piece.a_first + run.into, run.count);
    if (term.b.tensor == nullptr) return d;
    const std::vector<double> b = values(term.b, piece.b_first + run.into, run.count);
    for (size_t i = 0; i < d.size(); ++i) d[i] = d[i] - b[i];
    return d;
  }

  std::vector<double> sum(const Piece& piece, const Run& run) const {
    bool started = plan_.c0.tensor != nullptr;
    std::vector<double> sum(run.count);
    if (started) sum = values(plan_.c0, piece.c0_first + run.into, run.count);
    for (const SourceTerm& term : plan_.terms) {
      const std::vector<double> d = differences(term, piece, run);
      for (size_t i = 0; i < sum.size(); ++i) {
        const double p = term.scale * d[i];
        sum[i] = started ? sum[i] + p : p;
      }
      started = true;
    }
    return sum;
  }

  std::vector<double> merge(const Piece& piece, const Run& run) const {
    std::vector<std::vector<double>> all;
    for (const SourceTerm& term : plan_.terms) all.push_back(differences(term, piece, run));
    std::vector<MergeTerm> terms;
    for (size_t k = 0; k < all.size(); ++k) {
      terms.push_back({plan_.terms[k].scale, thresholds_.empty() ? 0 : thresholds_[k], all[k]});
    }
    std::vector<double> added(run.count), sum = values(plan_.c0, piece.c0_first + run.into, run.count);
    if (!terms.empty()) merge_terms(merge_, plan_.spec.name, run.first, terms, added);
    for (size_t i = 0; i < sum.size(); ++i) {
      const double p = plan_.merged_scale * added[i];
      sum[i] = sum[i] + p;
    }
    return sum;
  }

  const TensorPlan& plan_;
  const MergeOptions& merge_;
  const std::vector<double>& thresholds_;
};

}  // namespace

std::vector<std::byte> reference_values(const TensorPlan& plan, const MergeOptions& merge,
                                        const std::vector<double>& thresholds, uint64_t first,
                                        uint64_t count) {
  if (plan.carried || (plan.copied && plan.pieces.empty())) return read(plan.c0, first, count);
  const Reference reference(plan, merge, thresholds);
  std::vector<double> all;
  if (plan.pieces.empty()) all = reference.of({}, {first, count, first});
  for (const Piece& piece : plan.pieces) {
    const uint64_t begin = std::max(first, piece.first),
                   end = std::min(first + count, piece.first + piece.count);
    if (begin >= end) continue;
    const std::vector<double> some = reference.of(piece, {begin, end - begin, begin - piece.first});
    all.insert(all.end(), some.begin(), some.end());
  }
  std::vector<std::byte> bytes(count * static_cast<uint64_t>(dtype_bits(plan.spec.dtype)) / 8);
  encode(plan.spec.dtype, all, bytes);
  return bytes;
}

}  // namespace evergreen
