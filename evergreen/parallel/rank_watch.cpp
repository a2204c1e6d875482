#include "evergreen/parallel/rank_watch.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

namespace evergreen {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr const char* kFault = "fault";
constexpr const char* kNext = "the last saved state is good: start the same command again to go on from it";

std::string this_process() {
  std::vector<char> host(256, '\0');
  ::gethostname(host.data(), host.size() - 1);
  return fmt::format("{}, process {}", host.data(), ::getpid());
}

std::string beat_key(int rank) { return fmt::format("beat/{}", rank); }

}  // namespace

RankWatch::RankWatch(const ProcessEnvironment& environment, const SharedStore& store, double timeout_seconds,
                     double start_seconds)
    : environment_(environment),
      store_(store),
      beats_(store.another_client()),
      timeout_seconds_(timeout_seconds),
      interval_seconds_(std::clamp(timeout_seconds / 10, 0.05, 1.0)) {
  beat();
  store_.set(fmt::format("name/{}", environment.rank), this_process());
  const auto end = Clock::now() + Seconds(start_seconds);
  std::vector<int> missing;
  for (int rank = 0; rank < environment.size; ++rank) {
    const double left = std::max(0.0, Seconds(end - Clock::now()).count());
    if (!store_.wait({fmt::format("name/{}", rank)}, left)) missing.push_back(rank);
  }
  if (!missing.empty()) {
    throw Error(ErrorKind::io,
                fmt::format("of {} ranks these did not come within {} s: {}", environment.size, start_seconds,
                            fmt::join(missing, ", ")),
                fmt::format("{}:{}", environment.master_address, environment.master_port),
                "start all of them at about the same time, with the same address and port of rank 0");
  }
  thread_ = std::thread([this] { watch(); });
}

RankWatch::~RankWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  try {
    store_.set(fmt::format("left/{}", environment_.rank), "");
    if (environment_.rank != 0) return;
    // A rank that is lost will not say so: others need a moment to look for it.
    std::vector<std::string> left;
    for (int rank = 0; rank < environment_.size; ++rank) left.push_back(fmt::format("left/{}", rank));
    store_.wait(left, failed_ ? 10 * interval_seconds_ : timeout_seconds_);
  } catch (const Error&) {  // the store is gone, and with it whoever would wait for this
  }
}

void RankWatch::beat() {
  const int64_t now = Clock::now().time_since_epoch().count();
  beats_.set(beat_key(environment_.rank), fmt::format("{} {}", now, reached_.load()));
}

bool RankWatch::look_for_fault(SharedStore& store) {
  const std::optional<std::string> fault = store.get(kFault);
  if (fault) set_fault(*fault);
  return fault.has_value();
}

void RankWatch::set_fault(const std::string& fault) {
  std::function<void()> action;
  {
    const std::lock_guard lock(mutex_);
    if (fault_.empty()) fault_ = fault;
    failed_ = true;
    std::swap(action, action_);
  }
  if (action) action();
}

void RankWatch::lost_store(const Error& error) {
  set_fault(fmt::format("{} is lost: {}", environment_.agent_store ? "the launcher's agent" : "rank 0",
                        error.problem()));
}

void RankWatch::watch() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    lock.unlock();
    try {
      beat();
      look_for_fault(beats_);
    } catch (const Error& error) {
      lost_store(error);
    }
    lock.lock();
    // Beats go on after a fault is known: this rank is alive for those that still look for the cause.
    wake_.wait_for(lock, Seconds(interval_seconds_), [this] { return ending_; });
  }
}

void RankWatch::on_failure(std::function<void()> action) {
  const std::lock_guard lock(mutex_);
  action_ = std::move(action);
}

void RankWatch::report(const Error& error) noexcept {
  try {
    if (failed_) return;
    store_.set_first(kFault, fmt::format("{} failed: {}", name(environment_.rank), error.problem()));
  } catch (const std::exception&) {  // the store is gone: the others see that, too
  }
}

std::string RankWatch::name(int rank) {
  const std::optional<std::string> process = store_.get(fmt::format("name/{}", rank));
  return fmt::format("rank {} ({})", rank, process.value_or("never seen"));
}

std::vector<RankWatch::Sign> RankWatch::signs() {
  std::vector<std::string> keys;
  for (int rank = 0; rank < environment_.size; ++rank) keys.push_back(beat_key(rank));
  std::vector<Sign> all;
  for (const std::string& text : store_.get_all(keys)) {
    all.push_back({text, std::atoll(text.substr(text.find(' ') + 1).c_str())});
  }
  return all;
}

std::string RankWatch::culprit(const std::string& what, int peer) {
  const std::vector<Sign> before = signs();
  std::this_thread::sleep_for(Seconds(std::max(0.3, 4 * interval_seconds_)));
  const std::vector<Sign> after = signs();
  std::vector<std::string> lost;
  int64_t least = after.front().collective, most = least;
  for (size_t rank = 0; rank < after.size(); ++rank) {
    if (before[rank].beat == after[rank].beat) lost.push_back(name(static_cast<int>(rank)));
    least = std::min(least, after[rank].collective), most = std::max(most, after[rank].collective);
  }
  if (!lost.empty()) return fmt::format("{} is lost: no sign of life", fmt::join(lost, ", "));
  if (least == most) return fmt::format("{} does not answer: {}", name(peer), what);
  std::vector<std::string> behind;
  for (size_t rank = 0; rank < after.size(); ++rank) {
    if (after[rank].collective == least) behind.push_back(name(static_cast<int>(rank)));
  }
  return fmt::format("{} stands still at collective {}, others wait for it at {} for more than {} s",
                     fmt::join(behind, ", "), least, most, timeout_seconds_);
}

void RankWatch::blame(const std::string& what, int peer) {
  try {
    if (!look_for_fault(store_)) {
      const std::string found = culprit(what, peer);
      if (!look_for_fault(store_)) store_.set_first(kFault, found);
      look_for_fault(store_);
    }
  } catch (const Error& error) {
    lost_store(error);
  }
  throw_if_failed();
  throw Error(ErrorKind::internal, what);
}

void RankWatch::throw_if_failed() {
  if (!failed_) return;
  const std::lock_guard lock(mutex_);
  throw Error(ErrorKind::io, fault_, fmt::format("rank {} of {}", environment_.rank, environment_.size),
              kNext);
}

void RankWatch::wait_for(const std::string& key) {
  wait_until([&] { return store_.get(key).has_value(); });
}

void RankWatch::wait_until(const std::function<bool()>& done) {
  while (!done()) {
    throw_if_failed();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace evergreen
