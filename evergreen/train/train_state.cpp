#include "evergreen/train/train_state.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

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

std::vector<Entry> entries(const TrainedState& state) {
  std::vector<Entry> all;
  for (const TrainedTensor& tensor : state.tensors) {
    const AdamW::Moments& moments = state.optimizer.moments(tensor.name);
    all.push_back({"param/" + tensor.name, tensor.value});
    all.push_back({"exp_avg/" + tensor.name, moments.exp_avg});
    all.push_back({"exp_avg_sq/" + tensor.name, moments.exp_avg_sq});
  }
  if (state.average == nullptr) return all;
  for (const TrainedTensor& tensor : state.average->averages())
    all.push_back({"average/" + tensor.name, tensor.value});
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

void write_state(const fs::path& run, const TrainPosition& position, const std::vector<Entry>& all) {
  const at::NoGradGuard no_grad;
  const fs::path out = run / "checkpoints" / fmt::format("step-{:08}", position.step);
  if (fs::exists(out)) return;
  fs::create_directories(out.parent_path());
  std::vector<TensorSpec> plan;
  for (const Entry& entry : all) plan.push_back({entry.name, Dtype::f32, entry.tensor.sizes().vec()});
  CheckpointWriter writer(out, std::move(plan));
  for (const Entry& entry : all) {
    const at::Tensor host = entry.tensor.to(at::kCPU, at::kFloat).contiguous();
    writer.write(writer.get(entry.name), 0, bytes_of(host));
  }
  OrderedJson json = {{"step", position.step}, {"tokens", position.tokens}, {"updates", position.updates}};
  if (std::isfinite(position.validation)) json["validation"] = position.validation;
  writer.put_file(kStateFile, to_text(json));
  writer.publish();
}

double validation_of(const fs::path& state) {
  return json_get_or<double>(read_json(state / kStateFile), "validation",
                             std::numeric_limits<double>::infinity(), (state / kStateFile).string());
}

}  // namespace

StateWriter::~StateWriter() {
  if (writing_.valid()) writing_.wait();
}

void StateWriter::wait() {
  if (writing_.valid()) writing_.get();
}

void StateWriter::save(const TrainPosition& position, const TrainedState& state) {
  wait();
  const at::NoGradGuard no_grad;
  std::vector<Entry> all = entries(state);
  const auto write_and_prune = [position, run = run_, keep = keep_](const std::vector<Entry>& saved) {
    write_state(run, position, saved);
    prune_train_states(run, keep);
  };
  if (!background_) {
    write_and_prune(all);
    return;
  }
  for (Entry& entry : all)
    entry.tensor = entry.tensor.to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  writing_ =
      std::async(std::launch::async, [write_and_prune, copied = std::move(all)] { write_and_prune(copied); });
}

std::optional<TrainPosition> load_train_state(const fs::path& run, const TrainedState& trained) {
  const std::vector<fs::path> all = states(run);
  if (all.empty()) return std::nullopt;
  const at::NoGradGuard no_grad;
  const CheckpointReader reader(all.back());
  for (const Entry& entry : entries(trained)) {
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
  const auto step = json_get<int64_t>(state, "step", where);
  const TrainPosition position{step, json_get_or<int64_t>(state, "updates", step, where),
                               json_get<int64_t>(state, "tokens", where), validation_of(all.back())};
  trained.optimizer.set_steps(position.updates);
  return position;
}

void prune_train_states(const fs::path& run, int keep) {
  const std::vector<fs::path> all = states(run);
  const auto old = static_cast<std::ptrdiff_t>(all.size()) - keep;
  if (old <= 0) return;
  const auto best = std::min_element(all.begin(), all.end(), [](const fs::path& a, const fs::path& b) {
    return validation_of(a) < validation_of(b);
  });
  const bool any = std::isfinite(validation_of(*best));
  for (auto state = all.begin(); state != all.begin() + old; ++state) {
    if (!any || state != best) fs::remove_all(*state);
  }
}

}  // namespace evergreen
