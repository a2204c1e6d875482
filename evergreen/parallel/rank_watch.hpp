// Signs of life: a rank that is lost, stands still or fails ends the whole run, and every rank says which one it was.
//
// A thread of each rank adds to a counter in the store, with the number of the collective that the rank has come to, and looks
// whether a rank has left a fault there. Whoever cannot go on with a collective (a connection closed, or nothing came for the
// timeout) looks at these counters: a rank without a sign of life is lost; if all are alive, the one that is behind the others stands
// still. The first fault told is everybody's, so that ranks that end because of it are not taken for its cause.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "evergreen/base/error.hpp"
#include "evergreen/parallel/shared_store.hpp"

namespace evergreen {

class RankWatch {
 public:
  // Waits until all ranks are here. Error{io} naming those that did not come within start_seconds.
  RankWatch(const ProcessEnvironment& environment, const SharedStore& store, double timeout_seconds,
            double start_seconds);
  ~RankWatch();  // rank 0 waits for the others, which may still need the store

  // This rank has come to its next collective.
  void asked() { ++reached_; }

  // This rank fails: all others end with what it says.
  void report(const Error& error) noexcept;
  // A collective could not go on, as `peer` did not answer: finds out which rank is to blame, tells all, throws.
  [[noreturn]] void blame(const std::string& what, int peer);
  // Throws if a rank has told of a fault.
  void throw_if_failed();
  bool failed() const { return failed_; }

  // Waits, as long as no rank fails, until `key` is in the store, or until `done`.
  void wait_for(const std::string& key);
  void wait_until(const std::function<bool()>& done);

  // Called once, from the watching thread, when a fault is told: to end what waits.
  void on_failure(std::function<void()> action);

 private:
  struct Sign {
    std::string beat;
    int64_t collective = 0;
  };
  void watch();
  void beat();
  bool look_for_fault(SharedStore& store);
  void set_fault(const std::string& fault);
  void lost_store(const Error& error);
  std::vector<Sign> signs();
  std::string culprit(const std::string& what, int peer);
  std::string name(int rank);

  ProcessEnvironment environment_;
  SharedStore store_, beats_;  // beats_: the thread's own client
  double timeout_seconds_, interval_seconds_;
  std::atomic<int64_t> reached_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool ending_ = false;
  std::string fault_;
  std::function<void()> action_;
  std::thread thread_;
};

}  // namespace evergreen
