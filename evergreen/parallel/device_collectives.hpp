// Collectives of tensors on GPUs: what libevergreen_nccl.so offers to ProcessGroup.
//
// The library calls NCCL itself, not c10d's ProcessGroupNCCL: that one watches its collectives by threads of its own, which end the process
// without a name. NCCL's functions are found where LibTorch's library for GPUs has loaded them, so the library here links neither, and
// is built where nvcc and NCCL's header are found.
//
// Faults    a collective is begun without blocking and then looked after: `keep_waiting` is called until it has ended, and may throw: then
//           NCCL's communicator is aborted, and the exception goes on.
// Order     a collective begins after all work that the device was given by the time run() is called; when run() returns it has ended, for
//           every stream.
// State     compiles; it has never run on a GPU (docs/design/011-cuda.md).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

namespace evergreen {

class DeviceCollectives {
 public:
  enum class Kind { all_reduce, reduce_scatter, all_gather, broadcast };
  virtual ~DeviceCollectives() = default;
  // In place, on a flat contiguous tensor of bfloat16, float32 or float64, as ProcessGroup's. `root`: of a broadcast.
  virtual void run(Kind kind, const at::Tensor& x, int root, const std::function<void()>& keep_waiting) = 0;
};

struct DeviceCollectivesLibrary {
  std::string (*new_id)();  // of a group: rank 0's, given to all
  std::unique_ptr<DeviceCollectives> (*connect)(const std::string& id, int rank, int size, at::Device device,
                                                const std::function<void()>& keep_waiting);
};

inline constexpr const char* kDeviceCollectivesEntry = "evergreen_device_collectives";
using DeviceCollectivesEntry = const DeviceCollectivesLibrary& (*)();

// Loads the library, once. Error{usage} where it is not built.
const DeviceCollectivesLibrary& device_collectives();

}  // namespace evergreen
