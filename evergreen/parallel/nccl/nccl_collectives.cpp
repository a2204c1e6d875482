#include <chrono>
#include <cstring>
#include <thread>

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <nccl.h>

#include "evergreen/base/error.hpp"
#include "evergreen/parallel/device_collectives.hpp"

namespace evergreen {
namespace {

using KeepWaiting = std::function<void()>;

// LibTorch's library for GPUs has loaded NCCL into the process.
template <class Function>
Function* found(const char* name) {
  void* function = ::dlsym(RTLD_DEFAULT, name);
  if (function != nullptr) return reinterpret_cast<Function*>(function);
  throw Error(ErrorKind::usage, "NCCL is not loaded", name, "give --device cuda, after ./dev setup --gpu");
}

struct Nccl {
  decltype(ncclGetUniqueId)* get_unique_id = found<decltype(ncclGetUniqueId)>("ncclGetUniqueId");
  decltype(ncclCommInitRankConfig)* connect =
      found<decltype(ncclCommInitRankConfig)>("ncclCommInitRankConfig");
  decltype(ncclCommGetAsyncError)* state = found<decltype(ncclCommGetAsyncError)>("ncclCommGetAsyncError");
  decltype(ncclCommAbort)* abort = found<decltype(ncclCommAbort)>("ncclCommAbort");
  decltype(ncclGetErrorString)* error_text = found<decltype(ncclGetErrorString)>("ncclGetErrorString");
  decltype(ncclAllReduce)* all_reduce = found<decltype(ncclAllReduce)>("ncclAllReduce");
  decltype(ncclReduceScatter)* reduce_scatter = found<decltype(ncclReduceScatter)>("ncclReduceScatter");
  decltype(ncclAllGather)* all_gather = found<decltype(ncclAllGather)>("ncclAllGather");
  decltype(ncclBroadcast)* broadcast = found<decltype(ncclBroadcast)>("ncclBroadcast");
};

const Nccl& nccl() {
  static const Nccl functions;
  return functions;
}

void require(ncclResult_t result, const char* what) {
  if (result == ncclSuccess || result == ncclInProgress) return;
  throw Error(ErrorKind::io, std::string("NCCL: ") + what + ": " + nccl().error_text(result), "NCCL",
              "NCCL_DEBUG=WARN in the environment tells more");
}

ncclDataType_t type_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kBFloat16:
      return ncclBfloat16;
    case at::kFloat:
      return ncclFloat32;
    default:
      return ncclFloat64;  // ProcessGroup takes no others
  }
}

class NcclCollectives final : public DeviceCollectives {
 public:
  NcclCollectives(const std::string& id, int rank, int size, at::Device device,
                  const KeepWaiting& keep_waiting)
      : rank_(rank),
        size_(size),
        device_(device),
        stream_(c10::impl::VirtualGuardImpl(device.type())
                    .getStreamFromGlobalPool(device, /*isHighPriority=*/true)) {
    const c10::DeviceGuard guard(device_);
    ncclUniqueId group;
    std::memcpy(&group, id.data(), std::min(sizeof(group), id.size()));
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    require(nccl().connect(&comm_, size, group, rank, &config), "the ranks cannot connect");
    aborting_on_throw([&] { wait_while_in_progress(keep_waiting); });
  }
  // Nothing is under way: run() waits for the end. So none has to be waited for here either.
  ~NcclCollectives() override { abort(); }

  void run(Kind kind, const at::Tensor& x, int root, const KeepWaiting& keep_waiting) override {
    const c10::DeviceGuard guard(device_);
    c10::Event ready(device_.type()), done(device_.type());
    ready.record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
    ready.block(stream_);
    aborting_on_throw([&] {
      require(begin(kind, x, root), "a collective cannot begin");
      wait_while_in_progress(keep_waiting);
      done.record(stream_);
      while (!done.query()) {
        require(state(), "a collective failed");
        pause(keep_waiting);
      }
    });
  }

 private:
  ncclResult_t begin(Kind kind, const at::Tensor& x, int root) {
    const auto count = static_cast<size_t>(x.numel()), part = count / static_cast<size_t>(size_);
    auto* const all = static_cast<std::byte*>(x.mutable_data_ptr());
    std::byte* const own = all + static_cast<size_t>(rank_) * part * x.element_size();
    auto* const stream = static_cast<cudaStream_t>(stream_.native_handle());
    switch (kind) {
      case Kind::all_reduce:
        return nccl().all_reduce(all, all, count, type_of(x), ncclSum, comm_, stream);
      case Kind::reduce_scatter:
        return nccl().reduce_scatter(all, own, part, type_of(x), ncclSum, comm_, stream);
      case Kind::all_gather:
        return nccl().all_gather(own, all, part, type_of(x), comm_, stream);
      case Kind::broadcast:
        break;
    }
    return nccl().broadcast(all, all, count, type_of(x), root, comm_, stream);
  }

  ncclResult_t state() const {
    ncclResult_t result = ncclSuccess;
    require(nccl().state(comm_, &result), "its state cannot be told");
    return result;
  }

  // On the host: connecting, or handing a collective to the device.
  void wait_while_in_progress(const KeepWaiting& keep_waiting) {
    ncclResult_t result = state();
    for (; result == ncclInProgress; result = state()) pause(keep_waiting);
    require(result, "a rank cannot go on");
  }

  static void pause(const KeepWaiting& keep_waiting) {
    keep_waiting();
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }

  template <class Body>
  void aborting_on_throw(const Body& body) {
    try {
      body();
    } catch (...) {
      abort();
      throw;
    }
  }

  void abort() {
    if (comm_ != nullptr) nccl().abort(comm_);
    comm_ = nullptr;
  }

  int rank_, size_;
  at::Device device_;
  c10::Stream stream_;
  ncclComm_t comm_ = nullptr;
};

std::string new_id() {
  ncclUniqueId id;
  require(nccl().get_unique_id(&id), "no identity for a group");
  return {reinterpret_cast<const char*>(&id), sizeof(id)};
}

std::unique_ptr<DeviceCollectives> connect(const std::string& id, int rank, int size, at::Device device,
                                           const KeepWaiting& keep_waiting) {
  return std::make_unique<NcclCollectives>(id, rank, size, device, keep_waiting);
}

}  // namespace
}  // namespace evergreen

extern "C" const evergreen::DeviceCollectivesLibrary& evergreen_device_collectives() {
  static const evergreen::DeviceCollectivesLibrary library{evergreen::new_id, evergreen::connect};
  return library;
}
