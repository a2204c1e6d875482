#include "evergreen/train/train_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/checkpoint/writer.hpp"

namespace evergreen {
namespace {

constexpr const char* kStateFile = "state.json";

struct Entry {
  std::string name;
  at::Tensor tensor;
};

std::vector<Entry> entries(const Parameters& parameters, AdamW& optimizer) {
  std::vector<Entry> all;
  for (const ParameterInfo& info : parameters.table()) {
    const AdamW::Moments& moments = optimizer.moments(info.name);
    all.push_back({"param/" + info.name, parameters.at(info.name)});
    all.push_back({"exp_avg/" + info.name, moments.exp_avg});
    all.push_back({"exp_avg_sq/" + info.name, moments.exp_avg_sq});
  }
  return all;
}

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), static_cast<size_t>(tensor.nbytes())};
}

std::vector<fs::path> states(const fs::path& run) {
  std::vector<fs::path> all;
  if (!fs::exists(run / "checkpoints")) return all;
  for (const fs::directory_entry& entry : fs::directory_iterator(run / "checkpoints")) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("step-", 0) == 0 && entry.path().extension().empty()) all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());  // eight digits: the order of names is the order of steps
  return all;
}

}  // namespace

void save_train_state(const fs::path& run, const TrainPosition& position, const Parameters& parameters,
                      AdamW& optimizer) {
  const at::NoGradGuard no_grad;
  const fs::path out = run / "checkpoints" / fmt::format("step-{:08}", position.step);
  if (fs::exists(out)) return;
  fs::create_directories(out.parent_path());
  const std::vector<Entry> all = entries(parameters, optimizer);
  std::vector<TensorSpec> plan;
  for (const Entry& entry : all) plan.push_back({entry.name, Dtype::f32, entry.tensor.sizes().vec()});
  CheckpointWriter writer(out, std::move(plan));
  for (const Entry& entry : all) {
    const at::Tensor host = entry.tensor.to(at::kCPU, at::kFloat).contiguous();
    writer.write(writer.get(entry.name), 0, bytes_of(host));
  }
  writer.put_file(kStateFile, to_text({{"step", position.step}, {"tokens", position.tokens}}));
  writer.publish();
}

std::optional<TrainPosition> load_train_state(const fs::path& run, Parameters& parameters, AdamW& optimizer) {
  const std::vector<fs::path> all = states(run);
  if (all.empty()) return std::nullopt;
  const at::NoGradGuard no_grad;
  const CheckpointReader reader(all.back());
  for (const Entry& entry : entries(parameters, optimizer)) {
    const TensorInfo& info = reader.get(entry.name);
    if (info.shape != entry.tensor.sizes().vec() || info.dtype != Dtype::f32) {
      throw Error(ErrorKind::input,
                  fmt::format("'{}' in the saved state has another shape or dtype", entry.name),
                  all.back().string(), "start the run anew in another directory");
    }
    const at::Tensor host = at::empty(entry.tensor.sizes(), at::kFloat);
    reader.read(info, 0, info.elements(), bytes_of(host));
    entry.tensor.copy_(host);
  }
  const Json state = read_json(all.back() / kStateFile);
  const std::string where = (all.back() / kStateFile).string();
  const TrainPosition position{json_get<int64_t>(state, "step", where),
                               json_get<int64_t>(state, "tokens", where)};
  optimizer.set_steps(position.step);
  return position;
}

void prune_train_states(const fs::path& run, int keep) {
  std::vector<fs::path> all = states(run);
  while (static_cast<int>(all.size()) > keep) {
    fs::remove_all(all.front());
    all.erase(all.begin());
  }
}

}  // namespace evergreen
