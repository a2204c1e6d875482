#include "cli/engine/ranks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/model/device_memory.hpp"
#include "evergreen/train/speed.hpp"

namespace evergreen::cli {
namespace {

kernels::LocalRank local_rank(const ProcessGroups* groups) {
  if (groups == nullptr) return {};
  return {groups->environment().local_rank, groups->environment().local_size};
}

}  // namespace

std::unique_ptr<ProcessGroups> join_run(const ProcessGroupsOptions& options, Console& console) {
  const std::optional<ProcessEnvironment> environment = process_environment();
  if (!environment || environment->size == 1) return nullptr;
  if (environment->rank != 0) console.quiet = true;
  return std::make_unique<ProcessGroups>(*environment, options);
}

std::unique_ptr<ProcessGroups> join_run(const ParallelOptions& options, Console& console) {
  int shard_ranks = 0;
  const std::optional<ProcessEnvironment> environment = process_environment();
  if (environment && environment->size > 1 && options.mode == ParallelMode::hybrid) {
    shard_ranks = options.shard_ranks > 0 ? options.shard_ranks : environment->local_size;
    if (options.shard_ranks == 0 && environment->rank % environment->local_size != environment->local_rank) {
      throw Error(ErrorKind::usage, "the ranks of a node do not follow each other", environment->launcher,
                  "start as many on each node, in blocks, or give --shard-ranks");
    }
  }
  return join_run(ProcessGroupsOptions{options.timeout_seconds, options.timeout_seconds, shard_ranks},
                  console);
}

void work_as_rank(ProcessGroups* groups, const std::function<void(ProcessGroups*)>& work) {
  try {
    work(groups);
  } catch (const Error& error) {
    if (groups != nullptr && error.kind() != ErrorKind::interrupted) groups->watch().report(error);
    throw;
  } catch (const std::exception& error) {  // a device's memory that is exhausted, say
    const std::string text(error.what());
    if (groups != nullptr) groups->watch().report({ErrorKind::internal, text.substr(0, text.find('\n'))});
    throw;
  }
}

void require_one_process(const std::string& command) {
  const std::optional<ProcessEnvironment> environment = process_environment();
  if (!environment || environment->size == 1) return;
  throw Error(ErrorKind::usage,
              fmt::format("evergreen {} runs as one process, {} started {}", command, environment->launcher,
                          environment->size),
              {}, fmt::format("start it without {}; train and update take several", environment->launcher));
}

int threads_of(int asked, const ProcessGroups* groups) {
  if (asked > 0 || groups == nullptr) return asked;
  return std::max(1, thread_count() / groups->environment().local_size);
}

at::Device device_of(const std::string& name, const ProcessGroups* groups) {
  return kernels::compute_device(name, local_rank(groups));
}

std::vector<at::Device> devices_of(const std::string& names, const ProcessGroups* groups) {
  return kernels::compute_devices(names, local_rank(groups));
}

RunPlace run_place(at::Device device, const ProcessGroups* groups) {
  RunPlace place;
  if (groups != nullptr)
    place.ranks = groups->environment().size, place.node_ranks = groups->environment().local_size;
  place.device = device.str();
  const int64_t sharers = device.is_cpu() ? place.node_ranks : 1;
  place.free_bytes = static_cast<uint64_t>(free_device_bytes(device) / sharers);
  return place;
}

void settle_speed(TrainOptions& options, at::Device device, Console& console) {
  const bool wide = options.precision == Precision::float32;
  const at::ScalarType computed = wide ? at::kFloat : at::kBFloat16;
  if (options.peak_flops == 0) options.peak_flops = peak_flops(device, computed);
  if (wide || !device.is_cpu()) return;
  const double ratio = matrix_rate(at::kBFloat16) / matrix_rate(at::kFloat);
  console.note(
      fmt::format("on this CPU matrix products in bfloat16 run at {:.3g} times the rate of float32{}", ratio,
                  ratio < 1 ? ": --precision float32 is faster" : ""));
}

}  // namespace evergreen::cli
