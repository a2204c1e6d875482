// Which process of a run this is, from the variables that a launcher sets.
//
//   torchrun   RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT; TORCHELASTIC_USE_AGENT_STORE: torchrun's
//              agent holds the store, so that rank 0 is a client of it as all others are
//   mpirun     OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE (Open MPI); PMI_RANK, PMI_SIZE, MPI_LOCALRANKID,
//              MPI_LOCALNRANKS (MPICH and its kin)
//   srun       SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, SLURM_STEP_TASKS_PER_NODE, SLURM_STEP_NODELIST
// MASTER_ADDR and MASTER_PORT win wherever they are set. Without them rank 0's address is the first node of srun's list, and with
// mpirun this machine, if all ranks are on it. `sbatch` alone sets no SLURM_STEP_NUM_TASKS: a command outside of srun is one process.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace evergreen {

struct ProcessEnvironment {
  int rank = 0, size = 1;              // of all processes
  int local_rank = 0, local_size = 1;  // of those on this machine
  std::string master_address = "127.0.0.1";
  int master_port = 29500;
  bool agent_store = false;  // the launcher holds the store
  std::string attempt;       // a relaunch by the same agent has another one
  std::string launcher;      // "torchrun", "mpirun", "srun"
};

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string&)>;

// None if no launcher started this process. Error{usage} naming the variable that is missing, is no number, or contradicts another.
std::optional<ProcessEnvironment> process_environment(const EnvironmentLookup& lookup);
std::optional<ProcessEnvironment> process_environment();  // of this process

// The first host of a list as Slurm writes it: "gpu[07-09,12],login" -> "gpu07".
std::string first_host(const std::string& node_list);

}  // namespace evergreen
