#include "evergreen/residual/combine_plan.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

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

TensorPlan plan_tensor(const Combination& combination, const TensorInfo& info) {
  TensorPlan plan;
  plan.carried = !has_arithmetic(info.dtype);
  plan.spec = {info.name, plan.carried ? info.dtype : combination.dtype.value_or(info.dtype), info.shape};
  plan.c0 = find_source(combination.c0, info.name);
  for (const CombineTerm& term : combination.terms) {
    const double scale = term.scale ? term.scale(info.name) : 1;
    if (!std::isfinite(scale)) {
      throw Error(ErrorKind::usage,
                  fmt::format("the scale {} of tensor '{}' is not a finite number", scale, info.name));
    }
    if (plan.carried) {  // a stored residual need not hold it
      const Source a = find_source(term.a, info.name), b = find_source(term.b, info.name);
      if (a.tensor != nullptr && b.tensor != nullptr) plan.terms.push_back({scale, a, b});
    } else if (scale != 0) {
      plan.terms.push_back({scale, require_source(term.a, info.name), require_source(term.b, info.name)});
    }
  }
  plan.copied = !plan.carried && plan.terms.empty() && plan.spec.dtype == info.dtype;
  return plan;
}

}  // namespace

std::vector<TensorPlan> plan_tensors(const Combination& combination) {
  std::vector<TensorPlan> plans;
  for (const TensorInfo& info : outline_of(combination).tensors()) {
    if (combination.c0 == nullptr && !has_arithmetic(info.dtype)) continue;  // a residual is arithmetic alone
    plans.push_back(plan_tensor(combination, info));
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
    uint64_t elements = 1;
    for (const int64_t extent : plans[i].spec.shape) elements *= static_cast<uint64_t>(extent);
    for (uint64_t first = 0; first < elements; first += step) {
      parts.push_back({i, first, std::min(step, elements - first)});
    }
  }
  return parts;
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
