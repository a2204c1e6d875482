#include "evergreen/residual/combine_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/residual/residual_source.hpp"

namespace evergreen {
namespace {

const CheckpointReader& outline_of(const Combination& combination) {
  if (combination.c0 != nullptr) return *combination.c0;
  const CombineTerm& first = combination.terms.at(0);
  return first.b != nullptr ? *first.b : *first.a;
}

Source find_source(const CheckpointReader* reader, const std::string& name) {
  if (reader == nullptr) return {};
  const TensorInfo* tensor = find_or_tied(*reader, name);
  return {reader, tensor, tensor != nullptr && tensor->name != name};
}

Source require_source(const CheckpointReader* reader, const std::string& name) {
  const Source source = find_source(reader, name);
  if (reader != nullptr && source.tensor == nullptr)
    (void)reader->get(name);  // throws, with the nearest name
  return source;
}

// Of a tensor with arithmetic and a scale that is not 0.
void add_term(const CombineTerm& term, double scale, const std::string& name,
              std::vector<SourceTerm>& terms) {
  if (term.source == nullptr) {
    terms.push_back({scale, require_source(term.a, name), require_source(term.b, name)});
  } else if (const std::optional<SourceTerm> found = term.source->find(name)) {
    terms.push_back({scale, found->a, found->b, found->computed});
  }
}

TensorPlan plan_tensor(const Combination& combination, const TensorInfo& info) {
  TensorPlan plan;
  plan.carried = !has_arithmetic(info.dtype);
  plan.spec = {info.name, plan.carried ? info.dtype : combination.dtype.value_or(info.dtype), info.shape};
  plan.c0 = find_source(combination.c0, info.name);
  const bool merged = combination.merge.method != MergeMethod::sum;
  const double scale = combination.scale ? combination.scale(info.name) : 1;
  for (const CombineTerm& term : combination.terms) {
    const double product = merged ? term.weight : scale * term.weight;
    if (!std::isfinite(product) || !std::isfinite(scale)) {
      throw Error(ErrorKind::usage, fmt::format("the scale {} of tensor '{}' is not a finite number",
                                                scale * term.weight, info.name));
    }
    if (plan.carried) {  // a stored residual need not hold it
      const Source a = find_source(term.a, info.name), b = find_source(term.b, info.name);
      if (a.tensor != nullptr && b.tensor != nullptr) plan.terms.push_back({product, a, b});
    } else if (scale != 0 && product != 0) {
      add_term(term, product, info.name, plan.terms);
    }
  }
  plan.merged_scale = scale;
  plan.copied = !plan.carried && plan.terms.empty() && plan.spec.dtype == info.dtype;
  return plan;
}

uint64_t row_elements(const TensorSpec& spec) {
  uint64_t elements = 1;
  for (size_t axis = 1; axis < spec.shape.size(); ++axis) elements *= static_cast<uint64_t>(spec.shape[axis]);
  return elements;
}

Piece piece_of_row(const RowAlignment& rows, size_t row, uint64_t width) {
  Piece piece;
  piece.first = row * width;
  piece.a_first = piece.first;
  piece.count = width;
  const int64_t c0 = rows.c0[row], b = rows.b[row];
  if (c0 == RowAlignment::kNoRow || b == RowAlignment::kNoRow) {
    piece.kind = rows.missing == AddedTokens::zero ? Piece::Kind::zero : Piece::Kind::kept;
  } else {
    piece.c0_first = static_cast<uint64_t>(c0) * width;
    piece.b_first = static_cast<uint64_t>(b) * width;
  }
  return piece;
}

bool continues(const Piece& last, const Piece& next) {
  if (last.kind != next.kind) return false;
  return last.kind != Piece::Kind::combined ||
         (last.c0_first + last.count == next.c0_first && last.b_first + last.count == next.b_first);
}

// Rows that follow each other in all sources make one piece.
void align(TensorPlan& plan, const RowAlignment& rows, const Source& kept) {
  plan.spec.shape.at(0) = static_cast<int64_t>(rows.c0.size());
  plan.kept = kept;
  plan.copied = false;
  const uint64_t width = row_elements(plan.spec);
  for (size_t row = 0; row < rows.c0.size(); ++row) {
    const Piece piece = piece_of_row(rows, row, width);
    if (!plan.pieces.empty() && continues(plan.pieces.back(), piece)) {
      plan.pieces.back().count += width;
    } else {
      plan.pieces.push_back(piece);
    }
  }
}

void split_piece(size_t tensor, size_t piece, uint64_t first, uint64_t count, uint64_t step,
                 std::vector<Part>& parts) {
  for (uint64_t done = 0; done < count; done += step) {
    parts.push_back({tensor, first + done, std::min(step, count - done), piece});
  }
}

}  // namespace

std::vector<TensorPlan> plan_tensors(const Combination& combination) {
  std::vector<TensorPlan> plans;
  for (const TensorInfo& info : outline_of(combination).tensors()) {
    if (combination.c0 == nullptr && !has_arithmetic(info.dtype)) continue;  // a residual is arithmetic alone
    plans.push_back(plan_tensor(combination, info));
    if (!combination.rows || !has_token_rows(info.name) || info.shape.empty()) continue;
    align(plans.back(), *combination.rows, require_source(combination.terms.at(0).a, info.name));
  }
  return plans;
}

uint64_t elements_of_blocks(const TensorPlan& plan) {
  // 16 bits are the narrowest arithmetic; 32 and 64 bits fill whole blocks where 16 do.
  const uint64_t bits = plan.carried ? static_cast<uint64_t>(dtype_bits(plan.spec.dtype)) : 16;
  return std::lcm(8 * kHashBlockBytes, bits) / bits;
}

std::vector<Part> split(const std::vector<TensorPlan>& plans) {
  std::vector<Part> parts;
  for (size_t i = 0; i < plans.size(); ++i) {
    const uint64_t step = elements_of_blocks(plans[i]);
    for (size_t k = 0; k < plans[i].pieces.size(); ++k) {
      split_piece(i, k, plans[i].pieces[k].first, plans[i].pieces[k].count, step, parts);
    }
    if (!plans[i].pieces.empty()) continue;
    uint64_t elements = 1;
    for (const int64_t extent : plans[i].spec.shape) elements *= static_cast<uint64_t>(extent);
    split_piece(i, 0, 0, elements, step, parts);
  }
  return parts;
}

std::pair<size_t, size_t> share_of(const PartOf& part, const std::vector<Part>& parts) {
  uint64_t total = 0;
  for (const Part& one : parts) total += one.count;
  const auto bound = [&](int index) {
    const auto i = static_cast<uint64_t>(index), n = static_cast<uint64_t>(part.count);
    const uint64_t wanted = total / n * i + total % n * i / n;  // total * i / n, which may not fit
    uint64_t sum = 0;
    size_t number = 0;
    while (number < parts.size() && sum < wanted) sum += parts[number++].count;
    return number;
  };
  return {bound(part.index), bound(part.index + 1)};
}

const TensorInfo* find_or_tied(const CheckpointReader& reader, const std::string& name) {
  if (const TensorInfo* tensor = reader.find(name)) return tensor;
  if (name != "lm_head.weight") return nullptr;
  for (const char* embedding : {"model.embed_tokens.weight", "transformer.wte.weight"}) {
    if (const TensorInfo* tensor = reader.find(embedding)) return tensor;
  }
  return nullptr;
}

std::vector<TensorSpec> plan_output(const Combination& combination) {
  std::vector<TensorSpec> specs;
  for (TensorPlan& plan : plan_tensors(combination)) specs.push_back(std::move(plan.spec));
  return specs;
}

}  // namespace evergreen
