// Collectives among some processes of a run: rings over Gloo's connections for tensors in host memory, NCCL for those on a GPU
// (device_collectives.hpp).
//
// Numbers   sums are made in an order that is a function of the number of ranks and the size alone: repeats are equal bit for bit, and all
//           ranks hold the same bits. A sum of bfloat16 is rounded to nearest as often as a rank is added.
// Bytes     what a rank sends, of a tensor of M bytes among n ranks (Patarasuk and Yuan, J. Parallel Distrib. Comput. 69(2), 2009:
//           no algorithm sends less):
//             all_reduce 2 M (n-1)/n    reduce_scatter, all_gather M (n-1)/n    broadcast M, the last rank of the chain 0
//           bytes_sent() counts each tensor as it is handed to the connection. (ProcessGroupGloo's own reduce-scatter is an all-reduce
//           and sends twice as much; therefore the rings are here.)
// Memory    a buffer of 1/n of the largest tensor that is summed.
//           NCCL's are counted by the same formulas: it does not tell what it sent.
// Errors    Error{usage} for tensors on a GPU where NCCL is missing; Error{io} naming the rank that is lost or stands still (rank_watch.hpp).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/parallel/communication_thread.hpp"
#include "evergreen/parallel/device_collectives.hpp"
#include "evergreen/parallel/rank_watch.hpp"

namespace evergreen {

class ProcessGroup {
 public:
  // `ranks`: of the run, this one among them, in the same order on all of them. `name` is the group's in the store.
  ProcessGroup(const std::string& name, const ProcessEnvironment& environment, std::vector<int> ranks,
               const SharedStore& store, RankWatch& watch, CommunicationThread& thread,
               double timeout_seconds);
  ~ProcessGroup();

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(ranks_.size()); }

  // All in place, on contiguous tensors of bfloat16, float32 or float64 that stay untouched until waited for; asked for in the same
  // order by all ranks.
  Pending all_reduce(at::Tensor x);  // sum
  Pending reduce_scatter(
      at::Tensor x_nS);  // part `rank()` of n equal ones becomes its sum; the other parts are undefined then
  Pending all_gather(at::Tensor x_nS);  // from part `rank()` of each rank: all parts on all
  Pending broadcast(at::Tensor x, int root);
  void barrier();
  std::vector<double> sum(std::vector<double> values);  // of all ranks, waited for

  uint64_t bytes_sent() const { return bytes_sent_; }

  // From any thread: what is waited for ends now. For when the run has failed.
  void abort();

 private:
  struct Connections;
  struct Ring;
  Pending run(const at::Tensor& x, std::function<void(Ring&)> body);
  Pending run_on_device(DeviceCollectives::Kind kind, const at::Tensor& x, int root = 0);
  void connect_devices(at::Device device, const std::function<void()>& keep_waiting);

  std::string name_;
  std::vector<int> ranks_;
  int rank_ = 0;
  double timeout_seconds_;
  SharedStore store_;
  RankWatch& watch_;
  CommunicationThread& thread_;
  std::unique_ptr<Connections> connections_;
  std::atomic<uint64_t> bytes_sent_{0};
};

}  // namespace evergreen
