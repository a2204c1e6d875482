#include "evergreen/parallel/process_group.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>

#include <ATen/ATen.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "evergreen/parallel/c10d.hpp"

namespace evergreen {
namespace {

using Backend = c10d::ProcessGroupGloo;

// The address by which this machine reaches `host`: others reach it by the same. Empty where it cannot be told.
std::string own_address_towards(const std::string& host, int port) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_DGRAM;  // connecting it sends nothing
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return {};
  std::string address;
  for (const addrinfo* at = found; at != nullptr && address.empty(); at = at->ai_next) {
    const int fd = ::socket(at->ai_family, at->ai_socktype, 0);
    sockaddr_storage own{};
    socklen_t length = sizeof(own);
    std::vector<char> text(NI_MAXHOST, '\0');
    if (fd >= 0 && ::connect(fd, at->ai_addr, at->ai_addrlen) == 0 &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0 &&
        ::getnameinfo(reinterpret_cast<sockaddr*>(&own), length, text.data(), NI_MAXHOST, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      address = text.data();
    }
    if (fd >= 0) ::close(fd);
  }
  ::freeaddrinfo(found);
  return address;
}

std::shared_ptr<gloo::transport::Device> device_for(const ProcessEnvironment& environment) {
  // As torch: this variable names the network interface.
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"))
    return Backend::createDeviceForInterface(interface);
  const std::string address = own_address_towards(environment.master_address, environment.master_port);
  return address.empty() ? Backend::createDefaultDevice() : Backend::createDeviceForHostname(address);
}

template <class T>
void add_rows(T* sum, const T* more, int64_t count) {
#pragma omp simd
  for (int64_t i = 0; i < count; ++i) sum[i] += more[i];
}

void add_to(const at::Tensor& sum, const at::Tensor& more) {
  if (sum.scalar_type() == at::kBFloat16) {
    add_rows(sum.data_ptr<at::BFloat16>(), more.const_data_ptr<at::BFloat16>(), sum.numel());
  } else if (sum.scalar_type() == at::kFloat) {
    add_rows(sum.data_ptr<float>(), more.const_data_ptr<float>(), sum.numel());
  } else {
    add_rows(sum.data_ptr<double>(), more.const_data_ptr<double>(), sum.numel());
  }
}

void require_usable(const at::Tensor& x) {
  const at::ScalarType type = x.scalar_type();
  if (x.is_contiguous() && (type == at::kFloat || type == at::kDouble || type == at::kBFloat16)) return;
  throw Error(ErrorKind::internal,
              "a collective of a tensor that is not contiguous bfloat16, float32 or float64");
}

int64_t greatest_part(int64_t count, int64_t parts) { return (count + parts - 1) / parts; }

}  // namespace

struct ProcessGroup::Connections {
  c10::intrusive_ptr<Backend> backend;
  int tag = 0;        // of the collective: the same on all ranks, however many messages each has in it
  at::Tensor buffer;  // bytes
  std::unique_ptr<DeviceCollectives> devices;  // once a tensor on a GPU has come
  std::mutex mutex;                            // of what follows
  std::vector<c10::intrusive_ptr<c10d::Work>> waited_for;
  bool aborted = false;

  // Throws if it failed; returns at once after abort().
  void wait(const c10::intrusive_ptr<c10d::Work>& work) {
    {
      const std::lock_guard lock(mutex);
      if (aborted) return;
      waited_for.push_back(work);
    }
    work->wait();
    const std::lock_guard lock(mutex);
    waited_for.clear();
  }
  void abort() {
    const std::lock_guard lock(mutex);
    aborted = true;
    for (const auto& work : waited_for) work->abort();
  }

  at::Tensor buffer_like(const at::Tensor& x, int64_t elements) {
    const int64_t bytes = elements * x.element_size();
    if (!buffer.defined() || buffer.numel() < bytes) buffer = at::empty({bytes}, at::kByte);
    return buffer.narrow(0, 0, bytes).view(x.scalar_type());
  }
};

// One collective: neighbours on the ring, and a tensor in n parts (the last ones may be shorter or empty).
struct ProcessGroup::Ring {
  ProcessGroup& group;
  at::Tensor x;  // flat
  int n = group.size(), rank = group.rank_;

  at::Tensor part(int index) const {
    const int64_t step = greatest_part(x.numel(), n), first = std::min(index * step, x.numel());
    return x.narrow(0, first, std::min(step, x.numel() - first));
  }
  int wrapped(int index) const { return ((index % n) + n) % n; }

  // Sends to the next rank and receives from the one before at the same time. An empty tensor is not sent.
  void pass_on(const at::Tensor& out, const at::Tensor& in) {
    Connections& connections = *group.connections_;
    const int next = wrapped(rank + 1), previous = wrapped(rank - 1);
    int peer = previous;
    try {
      std::vector<at::Tensor> ins = {in}, outs = {out};
      const auto receiving =
          in.numel() > 0 ? connections.backend->recv(ins, previous, connections.tag) : nullptr;
      peer = next;
      const auto sending = out.numel() > 0 ? connections.backend->send(outs, next, connections.tag) : nullptr;
      peer = previous;
      if (receiving) connections.wait(receiving);
      peer = next;
      if (sending) connections.wait(sending);
    } catch (const std::exception& lost) {
      const std::string text(lost.what());
      group.watch_.blame(text.substr(0, text.find('\n')), group.ranks_[static_cast<size_t>(peer)]);
    }
    if (connections.aborted) group.watch_.throw_if_failed();
    group.bytes_sent_ += out.nbytes();
  }

  void reduce_scatter() {
    const at::Tensor buffer = group.connections_->buffer_like(x, greatest_part(x.numel(), n));
    for (int step = 1; step < n; ++step) {
      const at::Tensor mine = part(wrapped(rank - step - 1));
      const at::Tensor received = buffer.narrow(0, 0, mine.numel());
      pass_on(part(wrapped(rank - step)), received);
      add_to(mine, received);
    }
  }
  void all_gather() {
    for (int step = 0; step < n - 1; ++step)
      pass_on(part(wrapped(rank - step)), part(wrapped(rank - step - 1)));
  }
  // Along the chain that begins with the root.
  void broadcast(int root) {
    const at::Tensor nothing = x.narrow(0, 0, 0);
    const int place = wrapped(rank - root);
    if (place > 0) pass_on(nothing, x);
    if (place < n - 1) pass_on(x, nothing);
  }
};

ProcessGroup::ProcessGroup(const std::string& name, const ProcessEnvironment& environment,
                           std::vector<int> ranks, const SharedStore& store, RankWatch& watch,
                           CommunicationThread& thread, double timeout_seconds)
    : name_(name),
      ranks_(std::move(ranks)),
      timeout_seconds_(timeout_seconds),
      store_(store),
      watch_(watch),
      thread_(thread),
      connections_(std::make_unique<Connections>()) {
  rank_ = static_cast<int>(std::find(ranks_.begin(), ranks_.end(), environment.rank) - ranks_.begin());
  if (size() == 1) return;
  auto options =
      Backend::Options::create(std::chrono::milliseconds(static_cast<int64_t>(1000 * timeout_seconds)));
  options->threads = 1;
  try {
    options->devices.push_back(device_for(environment));
    connections_->backend = c10::make_intrusive<Backend>(
        c10::make_intrusive<c10d::PrefixStore>("group/" + name, store.client().store), rank_, size(),
        options);
  } catch (const std::exception& refused) {
    const std::string text(refused.what());
    throw Error(ErrorKind::io, fmt::format("the ranks cannot connect: {}", text.substr(0, text.find('\n'))),
                name, "GLOO_SOCKET_IFNAME=eth0 names the network interface to use");
  }
}

ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::abort() { connections_->abort(); }

Pending ProcessGroup::run(const at::Tensor& x, std::function<void(Ring&)> body) {
  require_usable(x);
  if (size() == 1) return {};
  watch_.asked();
  return thread_.run([this, x, body = std::move(body)] {
    watch_.throw_if_failed();
    connections_->tag = (connections_->tag + 1) & 0x3fffffff;
    Ring ring{*this, x.view({-1})};
    body(ring);
  });
}

// The first collective on GPUs connects them: rank 0 of the group names it to the others.
void ProcessGroup::connect_devices(at::Device device, const std::function<void()>& keep_waiting) {
  if (connections_->devices) return;
  const DeviceCollectivesLibrary& library = device_collectives();
  const std::string key = "nccl/" + name_;
  if (rank_ == 0) {
    store_.set(key, library.new_id());
  } else {
    watch_.wait_for(key);
  }
  connections_->devices = library.connect(store_.get(key).value(), rank_, size(), device, keep_waiting);
}

Pending ProcessGroup::run_on_device(DeviceCollectives::Kind kind, const at::Tensor& x, int root) {
  using Kind = DeviceCollectives::Kind;
  require_usable(x);
  if (size() == 1) return {};
  device_collectives();  // an error for whoever asks, not for the thread
  watch_.asked();
  return thread_.run([this, kind, x, root] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(timeout_seconds_);
    const auto keep_waiting = [&] {
      watch_.throw_if_failed();
      if (std::chrono::steady_clock::now() < end) return;
      watch_.blame("a collective on GPUs did not end", ranks_[static_cast<size_t>((rank_ + 1) % size())]);
    };
    keep_waiting();
    connect_devices(x.device(), keep_waiting);
    connections_->devices->run(kind, x.view({-1}), root, keep_waiting);
    const auto parts = static_cast<uint64_t>(size());
    const uint64_t others = x.nbytes() / parts * (parts - 1);
    bytes_sent_ += kind == Kind::all_reduce ? 2 * others : kind == Kind::broadcast ? x.nbytes() : others;
  });
}

Pending ProcessGroup::all_reduce(at::Tensor x) {
  if (!x.is_cpu()) return run_on_device(DeviceCollectives::Kind::all_reduce, x);
  return run(x, [](Ring& ring) { ring.reduce_scatter(), ring.all_gather(); });
}

Pending ProcessGroup::reduce_scatter(at::Tensor x_nS) {
  if (x_nS.numel() % size() != 0) throw Error(ErrorKind::internal, "reduce_scatter of unequal parts");
  if (!x_nS.is_cpu()) return run_on_device(DeviceCollectives::Kind::reduce_scatter, x_nS);
  return run(x_nS, [](Ring& ring) { ring.reduce_scatter(); });
}

Pending ProcessGroup::all_gather(at::Tensor x_nS) {
  if (x_nS.numel() % size() != 0) throw Error(ErrorKind::internal, "all_gather of unequal parts");
  if (!x_nS.is_cpu()) return run_on_device(DeviceCollectives::Kind::all_gather, x_nS);
  return run(x_nS, [](Ring& ring) { ring.all_gather(); });
}

Pending ProcessGroup::broadcast(at::Tensor x, int root) {
  if (!x.is_cpu()) return run_on_device(DeviceCollectives::Kind::broadcast, x, root);
  return run(x, [root](Ring& ring) { ring.broadcast(root); });
}

std::vector<double> ProcessGroup::sum(std::vector<double> values) {
  const at::Tensor x = at::from_blob(values.data(), {static_cast<int64_t>(values.size())}, at::kDouble);
  all_reduce(x).wait();
  return values;
}

void ProcessGroup::barrier() { sum({0.0}); }

}  // namespace evergreen
