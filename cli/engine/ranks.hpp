// The processes of a command that several may work on, and their devices.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "cli/console.hpp"
#include "evergreen/parallel/process_groups.hpp"
#include "evergreen/train/train_options.hpp"
#include "evergreen/train/training_needs.hpp"

namespace evergreen::cli {

// With a launcher: the processes of the run, of which rank 0 alone speaks. Null: this process alone.
std::unique_ptr<ProcessGroups> join_run(const ProcessGroupsOptions& options, Console& console);
std::unique_ptr<ProcessGroups> join_run(const ParallelOptions& options, Console& console);

// What a rank does, with the processes of the run or null; what it throws ends all of them.
void work_as_rank(ProcessGroups* groups, const std::function<void(ProcessGroups*)>& work);

// For commands that run as one process. Error{usage} under a launcher of several.
void require_one_process(const std::string& command);

// Those asked for, or an equal share of the machine's.
int threads_of(int asked, const ProcessGroups* groups);

// kernels::compute_device and compute_devices of this process.
at::Device device_of(const std::string& name, const ProcessGroups* groups);
std::vector<at::Device> devices_of(const std::string& names, const ProcessGroups* groups);

// This process among those of the run, with what is free on its device: of a machine's memory ranks on CPUs have equal shares.
RunPlace run_place(at::Device device, const ProcessGroups* groups);

// `peak_flops` is filled in unless given; says what is to be known of the precision on this device.
void settle_speed(TrainOptions& options, at::Device device, Console& console);

}  // namespace evergreen::cli
