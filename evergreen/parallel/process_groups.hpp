// The processes of a run, and the groups that sharded training divides them into.
//
//   world       all ranks
//   shard       ranks next to each other, that share one copy of parameters, gradients and optimiser state: those of a node, or all
//   replicate   ranks of the same place in their shard groups: they hold the same shard and sum its gradients
// For world = [0 1 2 3] and 2 ranks to a shard group: shard [0 1], [2 3]; replicate [0 2], [1 3].
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "evergreen/parallel/process_group.hpp"

namespace evergreen {

struct ProcessGroupsOptions {
  double timeout_seconds = 600;  // of a rank that others wait for
  double start_seconds = 600;    // until all ranks are here
  int shard_ranks = 0;           // in a shard group; 0: all
};

class ProcessGroups {
 public:
  // Waits for all ranks. Error{usage} if shard_ranks does not divide their number.
  ProcessGroups(const ProcessEnvironment& environment, const ProcessGroupsOptions& options);
  ~ProcessGroups();  // in order: all ranks come here, or all fail

  const ProcessEnvironment& environment() const { return environment_; }
  int rank() const { return environment_.rank; }
  int size() const { return environment_.size; }
  ProcessGroup& world() { return *world_; }
  ProcessGroup& shard() { return shard_ ? *shard_ : *world_; }
  // One rank alone if all ranks are one shard group.
  ProcessGroup& replicate() { return *replicate_; }

  RankWatch& watch() { return *watch_; }
  SharedStore another_store_client() const { return store_.another_client(); }
  // Runs on the communication thread, after what was asked for before.
  Pending run(std::function<void()> job) { return thread_->run(std::move(job)); }

  // Rank 0 does it, others wait as long as it lives; if it throws, all do.
  void rank_zero_first(const std::string& name, const std::function<void()>& work);
  // What rank 0 found, on all ranks.
  std::string rank_zero_finds(const std::string& name, const std::function<std::string()>& work);

  // What each rank gives under this name, on all ranks, in their order: through the store, for texts
  // of some megabytes. All ranks wait for all.
  std::vector<std::string> gather(const std::string& name, const std::string& mine);

  uint64_t bytes_sent() const;  // of this rank, in all groups
  double waited_seconds() const { return thread_->waited_seconds(); }

 private:
  ProcessEnvironment environment_;
  SharedStore store_;
  std::unique_ptr<RankWatch> watch_;
  std::unique_ptr<ProcessGroup> world_, shard_, replicate_;  // shard_: null if it is the world
  std::unique_ptr<CommunicationThread> thread_;
};

// The ranks of the shard group and of the replicate group of `rank`.
std::vector<int> shard_group(int rank, int size, int shard_ranks);
std::vector<int> replicate_group(int rank, int size, int shard_ranks);

}  // namespace evergreen
