#include <algorithm>
#include <cstring>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/isfinite.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/model/parameters.hpp"

namespace evergreen {
namespace {

constexpr int64_t kSliceBytes = int64_t{16} << 20;

at::ScalarType scalar_type(Dtype dtype, const std::string& name, const std::string& where) {
  switch (dtype) {
    case Dtype::f16:
      return at::kHalf;
    case Dtype::bf16:
      return at::kBFloat16;
    case Dtype::f32:
      return at::kFloat;
    case Dtype::f64:
      return at::kDouble;
    default:
      break;
  }
  throw Error(
      ErrorKind::input,
      fmt::format("tensor '{}' has dtype {}, expected BF16, F16, F32 or F64", name, dtype_name(dtype)), where,
      "convert the checkpoint to one of these");
}

// Calls body(first, count) for ranges of at most kSliceBytes that cover [0, elements).
template <class Body>
void for_each_slice(int64_t elements, int64_t element_bytes, Body&& body) {
  const int64_t step = std::max<int64_t>(1, kSliceBytes / element_bytes);
  for (int64_t first = 0; first < elements; first += step) body(first, std::min(step, elements - first));
}

std::span<std::byte> writable_bytes(at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.mutable_data_ptr()), tensor.nbytes()};
}

at::Tensor read_slice(const CheckpointReader& checkpoint, const TensorInfo& info, at::ScalarType type,
                      int64_t first, int64_t count) {
  at::Tensor slice = at::empty({count}, type);
  checkpoint.read(info, static_cast<uint64_t>(first), static_cast<uint64_t>(count), writable_bytes(slice));
  return slice;
}

void require_finite(const at::Tensor& slice, int64_t first, const std::string& name,
                    const std::string& where) {
  const at::Tensor finite = at::isfinite(slice);
  if (finite.all().item<bool>()) return;
  const int64_t at = finite.logical_not().nonzero()[0][0].item<int64_t>();
  throw Error(ErrorKind::input,
              fmt::format("tensor '{}' holds {} at element {}", name, slice[at].item<double>(), first + at),
              where, "a model with NaN or Inf in its weights is broken: take an earlier checkpoint");
}

// What transformers drops as well when it loads such a checkpoint.
bool may_be_dropped(const TensorInfo& info, const CheckpointReader& checkpoint, const ModelConfig& config) {
  if (info.name.ends_with("rotary_emb.inv_freq")) return true;
  if (info.name != "lm_head.weight" || !config.tie_word_embeddings) return false;
  const TensorInfo* embedding = checkpoint.find(head_name(config));
  if (embedding == nullptr || embedding->shape != info.shape || embedding->dtype != info.dtype) return false;
  bool same = true;
  const at::ScalarType type = scalar_type(info.dtype, info.name, checkpoint.path().string());
  for_each_slice(static_cast<int64_t>(info.elements()), dtype_bits(info.dtype) / 8,
                 [&](int64_t first, int64_t count) {
                   same = same && at::equal(read_slice(checkpoint, info, type, first, count),
                                            read_slice(checkpoint, *embedding, type, first, count));
                 });
  return same;
}

constexpr const char* kSameCheckpoint = "take weights and config.json from the same checkpoint";

std::string next_step(const std::string& name, const std::vector<std::string>& candidates) {
  const std::string nearest = nearest_name(name, candidates);
  return nearest.empty() ? kSameCheckpoint : fmt::format("did you mean '{}'?", nearest);
}

void require_table(const CheckpointReader& checkpoint, const std::vector<ParameterInfo>& table,
                   const ModelConfig& config) {
  const std::string where = checkpoint.path().string();
  std::vector<std::string> known, unplaced;
  for (const ParameterInfo& parameter : table) known.push_back(parameter.name);
  for (const TensorInfo& info : checkpoint.tensors()) {
    const bool needed = std::find(known.begin(), known.end(), info.name) != known.end();
    if (!needed && !may_be_dropped(info, checkpoint, config)) unplaced.push_back(info.name);
  }
  for (const ParameterInfo& parameter : table) {
    const TensorInfo* info = checkpoint.find(parameter.name);
    if (info == nullptr) {
      throw Error(
          ErrorKind::input,
          fmt::format("the checkpoint lacks tensor '{}' {}", parameter.name, shape_text(parameter.shape)),
          where, next_step(parameter.name, unplaced));
    }
    if (info->shape != parameter.shape) {
      throw Error(ErrorKind::input,
                  fmt::format("tensor '{}' is {}, config.json asks for {}", parameter.name,
                              shape_text(info->shape), shape_text(parameter.shape)),
                  where, kSameCheckpoint);
    }
  }
  if (!unplaced.empty()) {
    const std::string& name = unplaced.front();
    throw Error(ErrorKind::input,
                fmt::format("the model has no place for tensor '{}' {}", name,
                            shape_text(checkpoint.get(name).shape)),
                where, next_step(name, known));
  }
}

void load_range(const CheckpointReader& checkpoint, const TensorInfo& info, int64_t begin,
                const at::Tensor& into) {
  const std::string where = checkpoint.path().string();
  const at::ScalarType type = scalar_type(info.dtype, info.name, where);
  at::Tensor flat = into.view({-1});
  for_each_slice(flat.numel(), dtype_bits(info.dtype) / 8, [&](int64_t first, int64_t count) {
    const at::Tensor slice = read_slice(checkpoint, info, type, begin + first, count);
    require_finite(slice, begin + first, info.name, where);
    flat.narrow(0, first, count).copy_(slice);
  });
}

// Elements of `slice` as bytes of `dtype`, rounded once: double is never narrowed through float.
std::vector<std::byte> encoded(const at::Tensor& slice, Dtype dtype, at::ScalarType type) {
  std::vector<std::byte> bytes(static_cast<size_t>(slice.numel()) * c10::elementSize(type));
  if (slice.scalar_type() == at::kDouble) {
    encode(dtype, {slice.const_data_ptr<double>(), static_cast<size_t>(slice.numel())}, bytes);
  } else {
    const at::Tensor converted = slice.to(type);
    std::memcpy(bytes.data(), converted.const_data_ptr(), bytes.size());
  }
  return bytes;
}

}  // namespace

void require_parameters(const CheckpointReader& checkpoint, const ModelConfig& config) {
  require_table(checkpoint, parameter_table(config), config);
}

Parameters load_parameters(const CheckpointReader& checkpoint, const ModelConfig& config,
                           at::TensorOptions options) {
  return load_parameters(checkpoint, config, c10::typeMetaToScalarType(options.dtype()),
                         on_one_device(config, options.device()));
}

Parameters load_parameters(const CheckpointReader& checkpoint, const ModelConfig& config, at::ScalarType type,
                           const Placement& placement) {
  const std::vector<ParameterInfo> table = parameter_table(config);
  require_table(checkpoint, table, config);  // before any memory is taken
  Parameters parameters(config, type, placement);
  for (const ParameterInfo& parameter : table) {
    load_range(checkpoint, checkpoint.get(parameter.name), 0, parameters.at(parameter.name));
  }
  return parameters;
}

void load_elements(const CheckpointReader& checkpoint, const std::string& name, int64_t first,
                   const at::Tensor& into) {
  load_range(checkpoint, checkpoint.get(name), first, into);
}

std::vector<TensorSpec> tensor_plan(const ModelConfig& config, Dtype dtype) {
  std::vector<TensorSpec> plan;
  for (const ParameterInfo& parameter : parameter_table(config)) {
    plan.push_back({parameter.name, dtype, parameter.shape});
  }
  return plan;
}

void write_parameters(const Parameters& parameters, CheckpointWriter& writer) {
  for (const ParameterInfo& parameter : parameters.table()) {
    const TensorInfo& info = writer.get(parameter.name);
    const at::ScalarType type = scalar_type(info.dtype, info.name, writer.out().string());
    const at::Tensor flat = parameters.at(parameter.name).detach().contiguous().view({-1});
    for_each_slice(flat.numel(), static_cast<int64_t>(flat.element_size()),
                   [&](int64_t first, int64_t count) {
                     const at::Tensor slice = flat.narrow(0, first, count).to(at::kCPU);
                     require_finite(slice, first, info.name, writer.out().string());
                     writer.write(info, static_cast<uint64_t>(first), encoded(slice, info.dtype, type));
                   });
  }
}

}  // namespace evergreen
