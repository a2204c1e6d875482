// The thread on which a process communicates: jobs one after the other, in the order in which they were asked for.
//
// As all ranks ask in the same order, whatever their groups, no two wait for each other. One thread, so that communication takes at most
// one core from the computation that it overlaps with.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace evergreen {

// A job that was asked for. Copies are the same job.
class Pending {
 public:
  Pending() = default;  // nothing: wait() returns at once
  Pending(std::shared_future<void> done, std::shared_ptr<double> waited)
      : done_(std::move(done)), waited_(std::move(waited)) {}
  bool asked() const { return done_.valid(); }
  void wait() const;  // throws what the job threw; adds to the thread's waited_seconds()

 private:
  std::shared_future<void> done_;
  std::shared_ptr<double> waited_;
};

class CommunicationThread {
 public:
  CommunicationThread();
  ~CommunicationThread();  // after the jobs that were asked for

  // After a job has thrown, all later ones throw the same without being run.
  Pending run(std::function<void()> job);
  // What wait() has taken so far: the time that communication adds to computation.
  double waited_seconds() const { return *waited_; }

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<void()>> jobs_;
  bool ending_ = false;
  std::exception_ptr failure_;  // of the thread alone
  std::shared_ptr<double> waited_;
  std::thread thread_;
};

}  // namespace evergreen
