#include "evergreen/model/parameters.hpp"

#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/model/huge_pages.hpp"

namespace evergreen {
namespace {

// Element `index` of the standard normal stream: Box-Muller over numbers 2 index and 2 index + 1.
double normal_at(const RandomStream& stream, uint64_t index) {
  constexpr double kUnit = 0x1.0p-53;
  const double u =
      static_cast<double>((stream.at(2 * index) >> 11) + 1) * kUnit;  // (0, 1]: a finite logarithm
  const double v = static_cast<double>(stream.at(2 * index + 1) >> 11) * kUnit;
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

at::Tensor normal_tensor(const ParameterInfo& parameter, uint64_t seed, double deviation) {
  const RandomStream stream(seed, "model.init." + parameter.name);
  at::Tensor values = at::empty(parameter.shape, at::kFloat);
  float* out = values.mutable_data_ptr<float>();
  at::parallel_for(0, values.numel(), 1 << 14, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      out[i] = static_cast<float>(deviation * normal_at(stream, static_cast<uint64_t>(i)));
    }
  });
  return values;
}

// Projections that read the same input, in the order in which kernels::stacked_rows() wants them.
const std::vector<std::vector<std::string>> kStacks = {
    {"self_attn.q_proj.", "self_attn.k_proj.", "self_attn.v_proj."}, {"mlp.gate_proj.", "mlp.up_proj."}};

// The parameters that are allocated in one piece with `name`, itself included.
std::vector<std::string> stack_of(const std::string& name) {
  for (const std::vector<std::string>& stack : kStacks) {
    for (const std::string& member : stack) {
      const size_t at = name.find(member);
      if (at == std::string::npos) continue;
      std::vector<std::string> names;
      for (const std::string& other : stack)
        names.push_back(name.substr(0, at) + other + name.substr(at + member.size()));
      return names;
    }
  }
  return {name};
}

// Memory for the tensors: on a CPU one piece, in huge pages where there are some; elsewhere a piece for each stack.
class Room {
 public:
  Room(const std::vector<ParameterInfo>& table, at::ScalarType type, const Placement& placement)
      : type_(type), placement_(placement) {
    int64_t elements = 0;
    for (const ParameterInfo& parameter : table) {
      if (placement.of(parameter.block).is_cpu()) elements += padded(parameter.elements());
    }
    if (elements == 0) return;
    piece_ = at::empty({elements}, type);
    prefer_huge_pages(piece_.mutable_data_ptr(), piece_.nbytes());
  }

  at::Tensor take(const std::vector<int64_t>& shape, int64_t block) {
    const at::Device device = placement_.of(block);
    if (!device.is_cpu()) return at::empty(shape, at::TensorOptions(device).dtype(type_));
    int64_t elements = 1;
    for (const int64_t size : shape) elements *= size;
    at::Tensor taken = piece_.narrow(0, taken_, elements).view(shape);
    taken_ += padded(elements);
    return taken;
  }

 private:
  // Every stack begins on a cache line.
  static int64_t padded(int64_t elements) { return (elements + 63) / 64 * 64; }

  at::ScalarType type_;
  const Placement& placement_;
  at::Tensor piece_;
  int64_t taken_ = 0;
};

}  // namespace

Parameters::Parameters(const ModelConfig& config, at::TensorOptions options)
    : Parameters(config, c10::typeMetaToScalarType(options.dtype()),
                 on_one_device(config, options.device())) {}

Parameters::Parameters(const ModelConfig& config, at::ScalarType type, Placement placement)
    : table_(parameter_table(config)), head_name_(head_name(config)), placement_(std::move(placement)) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const ParameterInfo& parameter : table_) shapes[parameter.name] = parameter.shape;
  Room room(table_, type, placement_);
  for (const ParameterInfo& parameter : table_) {
    if (tensors_.contains(parameter.name)) continue;  // allocated with another of its stack
    const std::vector<std::string> names = stack_of(parameter.name);
    std::vector<int64_t> shape = parameter.shape;
    shape[0] = 0;
    for (const std::string& name : names) shape[0] += shapes.at(name)[0];
    at::Tensor rest = room.take(shape, parameter.block);
    for (const std::string& name : names) {
      const int64_t rows = shapes.at(name)[0];
      tensors_.emplace(name, rest.narrow(0, 0, rows));
      rest = rest.narrow(0, rows, rest.size(0) - rows);
    }
  }
}

const at::Tensor& Parameters::at(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw Error(ErrorKind::internal, fmt::format("the model has no parameter '{}'", name));
  }
  return found->second;
}

void Parameters::set(const std::string& name, at::Tensor tensor) {
  const at::Tensor& old = at(name);
  if (tensor.sizes() != old.sizes()) {
    throw Error(ErrorKind::internal,
                fmt::format("parameter '{}' is {}, not {}", name, shape_text(old.sizes().vec()),
                            shape_text(tensor.sizes().vec())));
  }
  tensors_[name] = std::move(tensor);
}

void Parameters::requires_grad(bool on) {
  for (auto& [name, tensor] : tensors_) tensor.requires_grad_(on);
}

Parameters init_parameters(const ModelConfig& config, uint64_t seed, at::TensorOptions options) {
  constexpr double kDeviation = 0.02;  // transformers: initializer_range of both families
  Parameters parameters(config, options);
  for (const ParameterInfo& parameter : parameters.table()) {
    at::Tensor tensor = parameters.at(parameter.name);
    if (parameter.weight_decay) {
      tensor.copy_(normal_tensor(parameter, seed, kDeviation));
    } else {
      tensor.fill_(parameter.name.ends_with(".bias") ? 0 : 1);
    }
  }
  return parameters;
}

}  // namespace evergreen
