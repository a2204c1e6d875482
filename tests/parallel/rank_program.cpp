// One rank of the tests of evergreen/parallel: rank_program SCENARIO. Prints what it finds; a fault ends it with its error's exit code.
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "evergreen/parallel/process_groups.hpp"
#include "evergreen/parallel/socket_bytes.hpp"

namespace evergreen {
namespace {

// Where a rank is to be found missing; long enough for one that only waits its turn on a busy machine.
constexpr double kShort = 4;
constexpr double kLong = 120;  // where none is

void require(bool holds, const std::string& what) {
  if (!holds) throw Error(ErrorKind::internal, what);
}

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

ProcessGroups groups(double timeout = kLong, int shard_ranks = 0) {
  return {*process_environment(),
          {.timeout_seconds = timeout, .start_seconds = kLong, .shard_ranks = shard_ranks}};
}

// Whole numbers: sums are exact, so that they can be foretold.
at::Tensor counting(int64_t elements, int rank, at::ScalarType type) {
  return at::arange(elements, at::TensorOptions(type)) * (rank + 1);
}

void check_collectives(ProcessGroup& group, int64_t elements, at::ScalarType type) {
  const int n = group.size(), rank = group.rank();
  at::Tensor x = counting(elements, rank, type);
  group.all_reduce(x).wait();
  require(at::equal(x, counting(elements, 0, type) * (n * (n + 1) / 2)), "all_reduce");

  at::Tensor scattered = counting(elements * n, rank, type);
  group.reduce_scatter(scattered).wait();
  const at::Tensor sum = counting(elements * n, 0, type) * (n * (n + 1) / 2);
  require(at::equal(scattered.narrow(0, rank * elements, elements), sum.narrow(0, rank * elements, elements)),
          "reduce_scatter");
  group.all_gather(scattered).wait();
  require(at::equal(scattered, sum), "all_gather");

  for (int root = 0; root < n; ++root) {
    at::Tensor told = rank == root ? counting(elements, 6, type) : at::zeros({elements}, type);
    group.broadcast(told, root).wait();
    require(at::equal(told, counting(elements, 6, type)), "broadcast");
  }
}

void collectives() {
  ProcessGroups all = groups();
  for (const int64_t elements : {1, 3, 1000, 100'000}) {
    check_collectives(all.world(), elements, at::kFloat);
    check_collectives(all.world(), elements, at::kDouble);
  }
  all.world().barrier();
  require(all.world().sum({1, 2}) == std::vector<double>{1.0 * all.size(), 2.0 * all.size()}, "sum");
}

// Random numbers: the bits of their sum depend on the order, and are printed.
void repeatable() {
  ProcessGroups all = groups();
  at::Tensor x = at::empty({100'001}, at::kFloat);
  auto* values = x.data_ptr<float>();
  uint32_t state = 1 + static_cast<uint32_t>(all.rank());
  for (int64_t i = 0; i < x.numel(); ++i) {
    state = state * 1664525U + 1013904223U;
    values[i] = static_cast<float>(state) / 1e9F - 2;
  }
  all.world().all_reduce(x).wait();
  const at::Tensor bits = x.view(at::kInt).to(at::kLong);
  say(fmt::format("bits {}", (bits * at::arange(x.numel())).sum().item<int64_t>()));
}

void hybrid() {
  ProcessGroups all = groups(kLong, 2);
  check_collectives(all.shard(), 1000, at::kFloat);
  check_collectives(all.replicate(), 1000, at::kFloat);
  const std::vector<double> ranks = all.replicate().sum({1.0 * all.rank()});
  require(ranks[0] == 2.0 * (all.rank() % 2) + 2, "the replicate group is the ranks two apart");
}

void bytes() {
  ProcessGroups all = groups();
  const int n = all.size();
  const int64_t elements = 1 << 20;
  const auto sent_by = [&](const std::function<Pending(at::Tensor)>& body) {
    all.world().barrier();
    const uint64_t counted = all.bytes_sent(), kernel = tcp_bytes_sent();
    body(at::ones({elements}, at::kFloat)).wait();
    const auto delta = static_cast<int64_t>(all.bytes_sent() - counted);
    const auto on_wire = static_cast<int64_t>(tcp_bytes_sent() - kernel);
    say(fmt::format("sent {} on the wire {}", delta, on_wire));
    return delta;
  };
  const int64_t once = elements * 4 * (n - 1) / n;
  require(sent_by([&](at::Tensor x) { return all.world().all_reduce(x); }) == 2 * once,
          "bytes of all_reduce");
  require(sent_by([&](at::Tensor x) { return all.world().reduce_scatter(x); }) == once,
          "bytes of reduce_scatter");
  require(sent_by([&](at::Tensor x) { return all.world().all_gather(x); }) == once, "bytes of all_gather");
  require(sent_by([&](at::Tensor x) { return all.world().broadcast(x, 0); }) ==
              (all.rank() == n - 1 ? 0 : 4 * elements),
          "bytes of broadcast");
}

// Collectives without an end; the test does something to one of the ranks.
void endless() {
  ProcessGroups all = groups(kShort);
  for (int i = 0;; ++i) {
    all.world().sum({1});
    if (i == 10) say("going");
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// Rank 1 computes for ever: it is alive, and behind.
void busy() {
  ProcessGroups all = groups(kShort);
  all.world().sum({1});
  while (all.rank() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  all.world().sum({1});
}

void failing() {
  ProcessGroups all = groups();
  all.world().sum({1});
  if (all.rank() == all.size() - 1) {
    const Error error(ErrorKind::resource, "the disk is full");
    all.watch().report(error);
    throw error;
  }
  all.world().sum({1});
}

void first() {
  constexpr double kSeconds = 2;
  ProcessGroups all = groups(kSeconds);
  all.rank_zero_first("slow work",
                      [] { std::this_thread::sleep_for(std::chrono::duration<double>(1.5 * kSeconds)); });
  all.world().barrier();
}

void alone() { const ProcessGroups all(*process_environment(), {.start_seconds = 2}); }

// Texts of any bytes and of more than the store takes at a time.
void gathers() {
  ProcessGroups all = groups();
  const auto text = [](int rank) {
    return std::string(static_cast<size_t>(rank) * 5'000'000, 'x') + '\0' + std::to_string(rank);
  };
  for (const char* name : {"one", "two"}) {
    const std::vector<std::string> given = all.gather(name, name + text(all.rank()));
    require(given.size() == static_cast<size_t>(all.size()), "a text of each");
    for (int rank = 0; rank < all.size(); ++rank)
      require(given[static_cast<size_t>(rank)] == name + text(rank), "the text of a rank");
  }
}

int run(const std::string& scenario) {
  const std::map<std::string, void (*)()> scenarios = {{"collectives", collectives},
                                                       {"repeatable", repeatable},
                                                       {"hybrid", hybrid},
                                                       {"bytes", bytes},
                                                       {"endless", endless},
                                                       {"busy", busy},
                                                       {"failing", failing},
                                                       {"first", first},
                                                       {"alone", alone},
                                                       {"gathers", gathers}};
  try {
    scenarios.at(scenario)();
    say("ok");
    return 0;
  } catch (const Error& error) {
    say(error.what());
    return exit_code(error.kind());
  }
}

}  // namespace
}  // namespace evergreen

int main(int, char** argv) { return evergreen::run(argv[1]); }
