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
constexpr const char* kLeaving = ".leaving";

struct Entry {
  std::string name;
  at::Tensor tensor;           // flat, or the whole tensor
  std::vector<int64_t> shape;  // of the whole
  int64_t first = 0;
};

void add_entry(std::vector<Entry>& all, const char* kind, const TrainedTensor& tensor,
               const at::Tensor& value) {
  all.push_back({kind + tensor.name, value, tensor.shape(), tensor.first});
}

std::vector<Entry> entries(const TrainedState& state) {
  std::vector<Entry> all;
  for (const TrainedTensor& tensor : state.tensors) {
    const AdamW::Moments& moments = state.optimizer.moments(tensor.name);
    add_entry(all, "param/", tensor, tensor.value);
    add_entry(all, "exp_avg/", tensor, moments.exp_avg);
    add_entry(all, "exp_avg_sq/", tensor, moments.exp_avg_sq);
  }
  if (state.average == nullptr) return all;
  for (const TrainedTensor& tensor : state.average->averages())
    add_entry(all, "average/", tensor, tensor.value);
  return all;
}

// The same on all ranks.
std::vector<TensorSpec> plan_of(const TrainedState& state) {
  std::vector<TensorSpec> plan;
  const auto add = [&](const char* kind, const TrainedTensor& tensor) {
    plan.push_back({kind + tensor.name, Dtype::f32, tensor.shape()});
  };
  const TrainedTensors& all = state.all == nullptr ? state.tensors : *state.all;
  for (const TrainedTensor& tensor : all)
    add("param/", tensor), add("exp_avg/", tensor), add("exp_avg_sq/", tensor);
  if (state.average == nullptr) return plan;
  for (const TrainedTensor& tensor : all) add("average/", tensor);
  return plan;
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

fs::path state_path(const fs::path& run, int64_t step) {
  return run / "checkpoints" / fmt::format("step-{:08}", step);
}

std::string state_json(const TrainPosition& position) {
  OrderedJson json = {{"step", position.step}, {"tokens", position.tokens}, {"updates", position.updates}};
  if (std::isfinite(position.validation)) json["validation"] = position.validation;
  return to_text(json);
}

void write_entries(CheckpointWriter& writer, const std::vector<Entry>& all) {
  const at::NoGradGuard no_grad;
  for (const Entry& entry : all) {
    const at::Tensor host = entry.tensor.to(at::kCPU, at::kFloat).contiguous();
    writer.write(writer.get(entry.name), static_cast<uint64_t>(entry.first), bytes_of(host));
  }
}

double validation_of(const fs::path& state) {
  return json_get_or<double>(read_json(state / kStateFile), "validation",
                             std::numeric_limits<double>::infinity(), (state / kStateFile).string());
}

}  // namespace

struct StateWriter::Entries {
  std::vector<Entry> own;
  std::vector<TensorSpec> plan;
  int64_t save = 0;
};

StateWriter::StateWriter(fs::path run, int keep, bool background, const StateWriters& writers)
    : run_(std::move(run)), keep_(keep), background_(background), writers_(writers) {
  if (writers.groups != nullptr) store_ = writers.groups->another_store_client();
}

StateWriter::~StateWriter() {
  if (writing_.valid()) writing_.wait();
}

void StateWriter::wait() {
  if (writing_.valid()) writing_.get();
}

fs::path StateWriter::path(int64_t step) const { return state_path(run_, step); }

// With several ranks each writes its part and says so; rank 0 publishes when all have.
void StateWriter::write(const TrainPosition& position, const Entries& saved) {
  const fs::path out = path(position.step);
  const bool alone = writers_.groups == nullptr;
  const std::string key = fmt::format("state/{}", saved.save);
  if (!fs::exists(out)) {
    fs::create_directories(out.parent_path());
    WriterOptions options;
    if (!alone) options.part = writers_.groups->rank();
    if (writers_.writes) {
      CheckpointWriter writer(out, saved.plan, options);
      write_entries(writer, saved.own);
      if (alone) {
        writer.put_file(kStateFile, state_json(position));
        writer.publish();
      }
    }
  }
  if (alone) {
    prune_train_states(run_, keep_);
    return;
  }
  RankWatch& watch = writers_.groups->watch();
  if (writers_.writes) store_->add(key, 1);
  if (writers_.groups->rank() == 0) {
    watch.wait_until([&] { return store_->add(key, 0) == writers_.number; });
    if (!fs::exists(out)) {
      CheckpointWriter writer(out, saved.plan);
      writer.put_file(kStateFile, state_json(position));
      writer.publish();
    }
    prune_train_states(run_, keep_);
    store_->set(key + "/published", "");
  } else {
    watch.wait_until([&] { return store_->get(key + "/published").has_value(); });
  }
}

void StateWriter::save(const TrainPosition& position, const TrainedState& state, bool at_once) {
  wait();
  const at::NoGradGuard no_grad;
  Entries saved{entries(state), plan_of(state), saves_++};
  if (!writers_.writes) saved.own.clear();
  if (!background_ || at_once) {
    write(position, saved);
    return;
  }
  for (Entry& entry : saved.own)
    entry.tensor =
        entry.tensor.to(at::kCPU, entry.tensor.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
  writing_ = std::async(std::launch::async, [this, position, copied = std::move(saved)] {
    try {
      write(position, copied);
    } catch (
        const Error& error) {  // others wait for this part: they hear of it before this rank comes to wait()
      if (writers_.groups != nullptr) writers_.groups->watch().report(error);
      throw;
    }
  });
}

std::optional<TrainPosition> load_train_state(const fs::path& run, const TrainedState& trained) {
  const std::vector<fs::path> all = states(run);
  if (all.empty()) return std::nullopt;
  const at::NoGradGuard no_grad;
  const CheckpointReader reader(all.back());
  for (const Entry& entry : entries(trained)) {
    const TensorInfo& info = reader.get(entry.name);
    if (info.shape != entry.shape || info.dtype != Dtype::f32) {
      throw Error(ErrorKind::input,
                  fmt::format("'{}' in the saved state has another shape or dtype", entry.name),
                  all.back().string(), "start the run anew in another directory");
    }
    const at::Tensor host = at::empty(entry.tensor.sizes(), at::kFloat);
    reader.read(info, static_cast<uint64_t>(entry.first), static_cast<uint64_t>(host.numel()),
                bytes_of(host));
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

void write_trained_weights(const fs::path& state, bool average, CheckpointWriter& model) {
  constexpr uint64_t kSlice = uint64_t{1} << 20;  // elements
  const CheckpointReader reader(state);
  std::vector<std::byte> in, out;
  std::vector<double> values;
  for (const TensorInfo& planned : model.tensors()) {
    const TensorInfo& saved = reader.get((average ? "average/" : "param/") + planned.name);
    for (uint64_t first = 0; first < saved.elements(); first += kSlice) {
      const uint64_t count = std::min(kSlice, saved.elements() - first);
      values.resize(count), in.resize(count * sizeof(float));
      out.resize(count * static_cast<size_t>(dtype_bits(planned.dtype)) / 8);
      reader.read(saved, first, count, in);
      decode(Dtype::f32, in, values);
      if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
        throw Error(ErrorKind::input, fmt::format("the trained '{}' is not finite", planned.name),
                    state.string(), "take an earlier state, and a lower learning rate");
      }
      encode(planned.dtype, values, out);
      model.write(planned, first, out);
    }
  }
}

void remove_partial_states(const fs::path& run) {
  if (!fs::exists(run / "checkpoints")) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(run / "checkpoints")) {
    const std::string extension = entry.path().extension();
    if (extension == ".partial" || extension == kLeaving) fs::remove_all(entry.path());
  }
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
    if (any && state == best) continue;
    const fs::path leaving =
        state->string() + kLeaving;  // a state that exists is complete, also while it is removed
    fs::rename(*state, leaving);
    fs::remove_all(leaving);
  }
}

}  // namespace evergreen
