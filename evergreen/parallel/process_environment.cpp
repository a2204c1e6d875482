#include "evergreen/parallel/process_environment.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr int kDefaultPort = 29500;  // torch's

class Variables {
 public:
  Variables(const EnvironmentLookup& lookup, std::string launcher)
      : lookup_(lookup), launcher_(std::move(launcher)) {}

  bool has(const std::string& name) const { return lookup_(name).has_value(); }

  std::string text(const std::string& name) const {
    if (const auto value = lookup_(name)) return *value;
    throw Error(ErrorKind::usage, fmt::format("the variable {} is not set", name), launcher_,
                fmt::format("start all processes of the run with {}, or set it", launcher_));
  }

  int number(const std::string& name) const {
    const std::string value = text(name);
    int result = 0;
    const char* const end = value.data() + value.size();
    const auto [last, error] = std::from_chars(value.data(), end, result);
    if (error == std::errc() && last == end && result >= 0) return result;
    throw Error(ErrorKind::usage, fmt::format("the variable {} is '{}', not a number", name, value),
                launcher_, "start all processes of the run with the same launcher");
  }
  int number_or(const std::string& name, int otherwise) const { return has(name) ? number(name) : otherwise; }

 private:
  const EnvironmentLookup& lookup_;
  std::string launcher_;
};

void require_address(const Variables& variables, ProcessEnvironment& environment) {
  if (variables.has("MASTER_ADDR")) {
    environment.master_address = variables.text("MASTER_ADDR");
  } else if (environment.local_size < environment.size) {
    variables.text("MASTER_ADDR");  // throws: there is no other way to know where rank 0 is
  }
  environment.master_port = variables.number_or("MASTER_PORT", environment.master_port);
}

ProcessEnvironment from_torchrun(const EnvironmentLookup& lookup) {
  const Variables variables(lookup, "torchrun");
  ProcessEnvironment environment;
  environment.rank = variables.number("RANK"), environment.size = variables.number("WORLD_SIZE");
  environment.local_rank = variables.number_or("LOCAL_RANK", environment.rank);
  environment.local_size = variables.number_or("LOCAL_WORLD_SIZE", environment.size);
  if (environment.size > 1) {
    environment.master_address = variables.text("MASTER_ADDR");
    environment.master_port = variables.number("MASTER_PORT");
  }
  environment.agent_store = lookup("TORCHELASTIC_USE_AGENT_STORE").value_or("") == "True";
  environment.attempt = lookup("TORCHELASTIC_RESTART_COUNT").value_or("");
  environment.launcher = "torchrun";
  return environment;
}

ProcessEnvironment from_mpirun(const EnvironmentLookup& lookup, bool open_mpi) {
  const Variables variables(lookup, "mpirun");
  ProcessEnvironment environment;
  environment.rank = variables.number(open_mpi ? "OMPI_COMM_WORLD_RANK" : "PMI_RANK");
  environment.size = variables.number(open_mpi ? "OMPI_COMM_WORLD_SIZE" : "PMI_SIZE");
  environment.local_rank =
      variables.number_or(open_mpi ? "OMPI_COMM_WORLD_LOCAL_RANK" : "MPI_LOCALRANKID", environment.rank);
  environment.local_size =
      variables.number_or(open_mpi ? "OMPI_COMM_WORLD_LOCAL_SIZE" : "MPI_LOCALNRANKS", environment.size);
  require_address(variables, environment);
  environment.launcher = "mpirun";
  return environment;
}

ProcessEnvironment from_srun(const EnvironmentLookup& lookup) {
  const Variables variables(lookup, "srun");
  ProcessEnvironment environment;
  environment.rank = variables.number("SLURM_PROCID");
  environment.size = variables.number("SLURM_STEP_NUM_TASKS");
  environment.local_rank = variables.number("SLURM_LOCALID");
  // "4(x2)" or "4,3": tasks of the first node. Groups within a node need the same number on all (ProcessGroups checks).
  const std::string tasks = lookup("SLURM_STEP_TASKS_PER_NODE").value_or(fmt::to_string(environment.size));
  environment.local_size = std::max(1, std::atoi(tasks.c_str()));
  environment.master_address =
      lookup("MASTER_ADDR").value_or(first_host(variables.text("SLURM_STEP_NODELIST")));
  // Two jobs that share a node must not share a port.
  environment.master_port = variables.number_or(
      "MASTER_PORT",
      kDefaultPort +
          (variables.number_or("SLURM_JOB_ID", 0) + variables.number_or("SLURM_STEP_ID", 0)) % 1000);
  environment.launcher = "srun";
  return environment;
}

}  // namespace

std::string first_host(const std::string& node_list) {
  const size_t end = node_list.find_first_of(",[");
  if (end == std::string::npos || node_list[end] == ',') return node_list.substr(0, end);
  const size_t number_end = node_list.find_first_of(",-]", end + 1);
  const size_t close = node_list.find(']', end);
  const size_t next = node_list.find(',', close);
  const std::string suffix = node_list.substr(close + 1, next == std::string::npos ? next : next - close - 1);
  return node_list.substr(0, end) + node_list.substr(end + 1, number_end - end - 1) + suffix;
}

std::optional<ProcessEnvironment> process_environment(const EnvironmentLookup& lookup) {
  std::optional<ProcessEnvironment> found;
  if (lookup("RANK") || lookup("WORLD_SIZE")) {
    found = from_torchrun(lookup);
  } else if (lookup("OMPI_COMM_WORLD_RANK")) {  // before Slurm: mpirun may run within one of its jobs
    found = from_mpirun(lookup, true);
  } else if (lookup("SLURM_PROCID") && lookup("SLURM_STEP_NUM_TASKS")) {
    found = from_srun(lookup);
  } else if (lookup("PMI_RANK")) {
    found = from_mpirun(lookup, false);
  }
  if (found && (found->size < 1 || found->rank >= found->size)) {
    throw Error(ErrorKind::usage, fmt::format("this is rank {} of {}", found->rank, found->size),
                found->launcher, "ranks are 0 to their number less 1: start all with the same launcher");
  }
  return found;
}

std::optional<ProcessEnvironment> process_environment() {
  return process_environment([](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  });
}

}  // namespace evergreen
